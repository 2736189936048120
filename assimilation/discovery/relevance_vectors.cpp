#include <semiflow/assimilation/discovery/relevance_vectors.hpp>
