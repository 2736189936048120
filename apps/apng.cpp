#include "apng.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <semiflow/core/error.hpp>
#include <string>

namespace semiflow {

namespace {

using Bytes = std::string;

const Bytes signature("\x89PNG\r\n\x1a\n", 8);

struct Chunk {
  Bytes type, data;
};

constexpr std::array<std::uint32_t, 256> remainders() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t c = n;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
    table[n] = c;
  }
  return table;
}

std::uint32_t checksum(const Bytes& bytes) {
  static constexpr std::array<std::uint32_t, 256> table = remainders();
  std::uint32_t c = 0xffffffffU;
  for (const char byte : bytes) c = table[(c ^ static_cast<unsigned char>(byte)) & 0xffU] ^ (c >> 8);
  return ~c;
}

Bytes big_endian(std::uint32_t value, int bytes = 4) {
  Bytes result;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) result += static_cast<char>((value >> shift) & 0xffU);
  return result;
}

std::uint32_t number_at(const Bytes& bytes, std::size_t place) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[place + i]);
  return value;
}

// The chunks that hold the picture: IHDR and the IDAT. The others are left out.
std::vector<Chunk> picture_chunks(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const Bytes file{std::istreambuf_iterator<char>(stream), {}};
  const auto broken = [&](const char* what) { return Error(Fault::run, path.string(), what); };
  if (!stream) throw broken("cannot be read");
  if (!file.starts_with(signature)) throw broken("is no PNG");
  std::vector<Chunk> chunks;
  for (std::size_t place = signature.size(); place + 12 <= file.size();) {
    const std::size_t length = number_at(file, place);
    if (place + 12 + length > file.size()) break;
    const Bytes type = file.substr(place + 4, 4);
    if (type == "PLTE") throw broken("has a palette, which an animation of ours cannot have");
    if (type == "IHDR" || type == "IDAT") chunks.push_back({type, file.substr(place + 8, length)});
    if (type == "IEND" && chunks.size() > 1) return chunks;
    place += 12 + length;
  }
  throw broken("is not a whole PNG");
}

}  // namespace

void write_animated_png(const std::vector<std::filesystem::path>& frames, const std::filesystem::path& animation,
                        int frames_per_second) {
  require(!frames.empty() && frames_per_second > 0, "an animation has frames");
  std::ofstream stream(animation, std::ios::binary);
  const auto put = [&](const Bytes& type, const Bytes& data) {
    const Bytes body = type + data;
    stream << big_endian(static_cast<std::uint32_t>(data.size())) << body << big_endian(checksum(body));
  };
  stream << signature;
  Bytes header;
  std::uint32_t sequence = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::vector<Chunk> chunks = picture_chunks(frames[i]);
    if (i == 0) {
      header = chunks[0].data;
      put("IHDR", header);
      put("acTL", big_endian(static_cast<std::uint32_t>(frames.size())) + big_endian(0));
    }
    if (chunks[0].data != header)
      throw Error(Fault::run, frames[i].string(), "has another size or colour type than the first frame");
    // Width and height as in the header, no offset, delay as a fraction; neither disposed nor blended.
    put("fcTL", big_endian(sequence++) + header.substr(0, 8) + big_endian(0) + big_endian(0) + big_endian(1, 2) +
                    big_endian(static_cast<std::uint32_t>(frames_per_second), 2) + Bytes(2, '\0'));
    for (std::size_t c = 1; c < chunks.size(); ++c) {
      if (i == 0) {
        put("IDAT", chunks[c].data);
      } else {
        put("fdAT", big_endian(sequence++) + chunks[c].data);
      }
    }
  }
  put("IEND", {});
  if (!stream.flush()) throw Error(Fault::run, animation.string(), "cannot be written", "is the disk full?");
}

}  // namespace semiflow
