#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace semiflow {

/// Allocates at the start of a cache line, so that the widest vector instructions never straddle two.
template <class T>
struct CacheAligned {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  CacheAligned() = default;
  template <class U>
  CacheAligned(const CacheAligned<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), line)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, line); }
  bool operator==(const CacheAligned&) const { return true; }
};

/// The work arrays of inner loops. Eigen's own arrays are aligned to 16 bytes, whatever the processor.
template <class T>
using AlignedVector = std::vector<T, CacheAligned<T>>;

}  // namespace semiflow
