// Private to this room: one body, several processors, with everything that it calls. The loader picks a clone by an
// indirect function, which the sanitizers do not support.
#pragma once

#if !defined(__x86_64__) || !defined(__gnu_linux__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEMIFLOW_CLONES
#elif defined(__clang__)  // has no flatten beside clones
#define SEMIFLOW_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SEMIFLOW_CLONES __attribute__((target_clones("avx2", "default"), flatten))
#endif
