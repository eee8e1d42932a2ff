#include "support/sim_content.h"

#include <algorithm>
#include <cstring>

namespace offsync::test {

std::size_t SimContent::read(char* to, std::size_t count, std::uint64_t at) const {
  if (at >= size_) return 0;
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - at));
  for (std::size_t done = 0; done < count;) {
    const std::size_t within = (at + done) % kChunk;
    const std::size_t part = std::min(count - done, kChunk - within);
    const auto& chunk = chunks_[(at + done) / kChunk];
    if (chunk) {
      std::memcpy(to + done, chunk->data() + within, part);
    } else {
      std::memset(to + done, 0, part);
    }
    done += part;
  }
  return count;
}

SimContent::Chunk& SimContent::own(std::size_t at) {
  auto& chunk = chunks_[at];
  if (!chunk) {
    chunk = std::make_shared<Chunk>();
  } else if (chunk.use_count() != 1) {
    chunk = std::make_shared<Chunk>(*chunk);
  }
  return *chunk;
}

void SimContent::write(const char* from, std::size_t count, std::uint64_t at) {
  if (at + count > size_) resize(at + count);
  for (std::size_t done = 0; done < count;) {
    const std::size_t within = (at + done) % kChunk;
    const std::size_t part = std::min(count - done, kChunk - within);
    std::memcpy(own((at + done) / kChunk).data() + within, from + done, part);
    done += part;
  }
}

void SimContent::resize(std::uint64_t size) {
  chunks_.resize((size + kChunk - 1) / kChunk);
  const std::size_t used = size % kChunk;
  if (size < size_ && used != 0 && chunks_.back()) {
    Chunk& last = own(chunks_.size() - 1);
    std::memset(last.data() + used, 0, kChunk - used);
  }
  size_ = size;
}

void SimContent::adopt(const SimContent& other, std::uint64_t at, std::size_t count) {
  const std::size_t end = std::min<std::size_t>((at + count + kChunk - 1) / kChunk, chunks_.size());
  for (std::size_t i = at / kChunk; i < end; ++i) chunks_[i] = other.chunks_[i];
}

std::uint64_t SimContent::hash(std::uint64_t start) const {
  std::uint64_t hash = sim_mix(start ^ size_);
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (!chunks_[i]) continue;
    const char* bytes = chunks_[i]->data();
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < kChunk; at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + at, sizeof word);
      sum = (sum ^ word) * 0x9e3779b97f4a7c15;
      sum ^= sum >> 29;
    }
    // A chunk of zeros counts like a missing one.
    if (sum != 0) hash = sim_mix(hash ^ sum ^ (i + 1));
  }
  return hash;
}

std::uint64_t sim_mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace offsync::test
