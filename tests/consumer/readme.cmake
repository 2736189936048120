# The README quotes the consumer's program (MAIN) as it is, so what it shows compiles and runs.
file(READ ${MAIN} program)
file(READ ${README} text)
string(FIND "${text}" "```cpp\n${program}```\n" place)
if(place EQUAL -1)
  message(FATAL_ERROR "${README} does not quote ${MAIN}: copy it there, between ```cpp and ```")
endif()
