# Warnings and sanitizers of our own targets; they are not exported.
add_library(semiflow_build_flags INTERFACE)
target_compile_options(semiflow_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(SEMIFLOW_SANITIZE)
  target_compile_options(semiflow_build_flags INTERFACE -fsanitize=${SEMIFLOW_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=undefined)
  target_link_options(semiflow_build_flags INTERFACE -fsanitize=${SEMIFLOW_SANITIZE})
  target_compile_definitions(semiflow_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
