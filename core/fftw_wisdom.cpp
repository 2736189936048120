#include "fftw_plan.hpp"

const char* const semiflow::fftw::wisdom = "";
