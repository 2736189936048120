# Installs the build tree into a fresh prefix: files of an earlier test must not help.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} --config ${CONFIG} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE links LIST_DIRECTORIES FALSE ${PREFIX}/include/*)
foreach(file ${links})
  if(IS_SYMLINK ${file})
    message(FATAL_ERROR "${file} points back into the source tree")
  endif()
endforeach()
