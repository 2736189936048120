# semiflow_add_module(<name> SOURCES ... HEADERS ... DEPENDS ... LINKS ... PUBLIC_LINKS ... PRECOMPILE ...)
#
# One room of the house. Its headers are reached as <semiflow/<name>/...> through an include root that
# holds this room only; DEPENDS names the rooms whose roots are added. So an #include that points up the
# house does not compile. LINKS are used by the sources only, PUBLIC_LINKS by the headers as well. PRECOMPILE adds
# headers to the precompiled one.
function(semiflow_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "" "SOURCES;HEADERS;DEPENDS;LINKS;PUBLIC_LINKS;PRECOMPILE")
  set(include_root ${PROJECT_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${include_root}/semiflow)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${include_root}/semiflow/${name} SYMBOLIC)
  list(TRANSFORM module_HEADERS PREPEND ${include_root}/semiflow/${name}/)
  list(TRANSFORM module_DEPENDS PREPEND semiflow::)

  add_library(semiflow_${name} ${module_SOURCES})
  add_library(semiflow::${name} ALIAS semiflow_${name})
  set_target_properties(semiflow_${name} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON
                        POSITION_INDEPENDENT_CODE ON)
  target_compile_features(semiflow_${name} PUBLIC cxx_std_20)
  # Eigen aligns memory for the processor it is compiled for, so its users must be compiled for the same one.
  target_compile_options(semiflow_${name} PUBLIC $<$<BOOL:${SEMIFLOW_NATIVE}>:-march=native>)
  target_sources(semiflow_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${include_root} FILES ${module_HEADERS})
  target_link_libraries(semiflow_${name} PUBLIC ${module_DEPENDS} ${module_PUBLIC_LINKS}
                        PRIVATE ${module_LINKS} $<BUILD_INTERFACE:semiflow_build_flags>)
  if(name STREQUAL "assimilation")
    semiflow_precompile(semiflow_assimilation REUSE_FROM semiflow_pde)
  else()
    semiflow_precompile(semiflow_${name} ${module_PRECOMPILE})
  endif()
  install(TARGETS semiflow_${name} EXPORT SemiflowTargets FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  set_property(GLOBAL APPEND PROPERTY SEMIFLOW_MODULES ${name})
endfunction()
