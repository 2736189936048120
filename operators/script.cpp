// Networks as sources of TorchScript, in real arithmetic but for the transforms.
#include "private/script.hpp"

#include <algorithm>

namespace semiflow {

namespace {

std::string text(int64_t number) { return std::to_string(number); }

// y += K h: see SpectralLayer, whose fast transforms these are.
std::string line_layer(int64_t m, const std::string& weights) {
  return R"(
  c = torch.slice(torch.view_as_real(torch.fft_rfft(h, None, 1, "forward")), 1, 0, )" +
         text(m) + R"()
  a = torch.select(c, -1, 0)
  b = torch.select(c, -1, 1)
  r = self.)" +
         weights +
         R"(_real
  i = self.)" +
         weights +
         R"(_imaginary
  real = torch.einsum("bmi,mio->bmo", [a, r]) - torch.einsum("bmi,mio->bmo", [b, i])
  imaginary = torch.einsum("bmi,mio->bmo", [a, i]) + torch.einsum("bmi,mio->bmo", [b, r])
  w = torch.constant_pad_nd(torch.stack([real, imaginary], -1), [0, 0, 0, 0, 0, n // 2 + 1 - )" +
         text(m) + R"(])
  y = torch.fft_irfft(torch.view_as_complex(w), n, 1, "forward")
)";
}

std::string plane_layer(int64_t my, int64_t mx, const std::string& weights) {
  const std::string shape = ".view([" + text(2 * my) + ", " + text(mx) + ", h.size(3), h.size(3)])";
  return R"(
  f = torch.view_as_real(torch.fft_rfft2(h, None, [1, 2], "forward"))
  f = torch.slice(f, 2, 0, )" +
         text(mx) + R"()
  c = torch.cat([torch.slice(f, 1, ny - )" +
         text(my) + R"(, ny), torch.slice(f, 1, 0, )" + text(my) + R"()], 1)
  a = torch.select(c, -1, 0)
  b = torch.select(c, -1, 1)
  r = self.)" +
         weights + "_real" + shape + R"(
  i = self.)" +
         weights + "_imaginary" + shape + R"(
  real = torch.einsum("byxi,yxio->byxo", [a, r]) - torch.einsum("byxi,yxio->byxo", [b, i])
  imaginary = torch.einsum("byxi,yxio->byxo", [a, i]) + torch.einsum("byxi,yxio->byxo", [b, r])
  w = torch.constant_pad_nd(torch.stack([real, imaginary], -1), [0, 0, 0, 0, 0, n // 2 + 1 - )" +
         text(mx) + R"(])
  g = torch.constant_pad_nd(torch.slice(w, 1, )" +
         text(my) + ", " + text(2 * my) + R"(), [0, 0, 0, 0, 0, 0, 0, ny - )" + text(2 * my) + R"(])
  whole = torch.cat([g, torch.slice(w, 1, 0, )" +
         text(my) + R"()], 1)
  y = torch.fft_irfft2(torch.view_as_complex(whole.contiguous()), [ny, n], [1, 2], "forward")
)";
}

std::string with_position(std::size_t axes) {
  if (axes == 1)
    return R"(
  p = torch.div(torch.arange(n), n).to(x.dtype).reshape([1, n, 1]).expand([x.size(0), n, 1])
  x = torch.cat([x, p], -1)
)";
  return R"(
  p = torch.div(torch.arange(ny), ny).to(x.dtype).reshape([1, ny, 1, 1]).expand([x.size(0), ny, n, 1])
  q = torch.div(torch.arange(n), n).to(x.dtype).reshape([1, 1, n, 1]).expand([x.size(0), ny, n, 1])
  x = torch.cat([x, p, q], -1)
)";
}

std::string linear(const std::string& x, const std::string& weights) {
  return "torch.linear(" + x + ", self." + weights + "_weight, self." + weights + "_bias)";
}

}  // namespace

std::string attribute_name(std::string weight) {
  std::ranges::replace(weight, '.', '_');
  return weight;
}

std::string script_of(const FourierOperatorOptions& o, const std::string& name, const std::string& prefix) {
  const bool line = o.modes.size() == 1;
  std::string s = "def " + name + "(self, x):\n";
  s += line ? "  n = x.size(1)\n" : "  ny = x.size(1)\n  n = x.size(2)\n";
  if (o.position) s += with_position(o.modes.size());
  s += "  h = " + linear("x", prefix + "_lift") + "\n";
  for (int64_t i = 0; i < o.layers; ++i) {
    const std::string weights = prefix + "_spectral" + text(i);
    s += line ? line_layer(o.modes[0], weights) : plane_layer(o.modes[0], o.modes[1], weights);
    s += "  y = y + " + linear("h", prefix + "_pointwise" + text(i)) + "\n";
    s += i + 1 < o.layers ? "  h = torch.gelu(y)\n" : "  h = y\n";
  }
  s += "  h = torch.gelu(" + linear("h", prefix + "_hidden") + ")\n";
  return s + "  return " + linear("h", prefix + "_head") + "\n";
}

}  // namespace semiflow
