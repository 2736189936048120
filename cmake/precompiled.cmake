# What nearly every source reads anyway is read once: Eigen and the standard library are two thirds of the time that a
# small file takes. GCC uses a precompiled header only for the same flags, so rooms, programs and tests have one each.
#
# Sources still include what they use: that every header compiles alone is tested without.
option(SEMIFLOW_PRECOMPILE "Precompile the headers of Eigen and the standard library" ON)

# semiflow_precompile(<target> [REUSE_FROM <target>] [<header> ...])
function(semiflow_precompile target)
  if(NOT SEMIFLOW_PRECOMPILE)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 precompile "" "REUSE_FROM" "")
  if(precompile_REUSE_FROM)
    target_precompile_headers(${target} REUSE_FROM ${precompile_REUSE_FROM})
  else()
    target_precompile_headers(${target} PRIVATE <Eigen/Dense> <mpi.h> <algorithm> <array> <cmath> <complex> <filesystem>
      <functional> <limits> <map> <memory> <numeric> <optional> <span> <sstream> <string> <variant> <vector>
      ${precompile_UNPARSED_ARGUMENTS})
  endif()
  # ccache takes a precompiled header for what it was made from only if told so.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
