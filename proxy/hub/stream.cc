#include "proxy/hub/stream.h"

#include <array>

namespace offsync::proxy {

bool Stream::read_away() {
  thread_local std::array<char, Channel::kReadRoom> bytes;
  for (int rounds = 64; rounds > 0; --rounds) {
    const auto n = channel_->read(bytes.data(), bytes.size());
    if (n <= 0) return n == Channel::kNone;
  }
  return false;
}

std::ptrdiff_t Stream::write(const std::vector<std::string_view>& pieces) {
  if (!flush()) return Channel::kFailed;
  if (!owed_.empty()) return Channel::kNone;
  const auto n = channel_->write(pieces);
  if (n < 0) return n;
  auto passed = static_cast<std::size_t>(n);
  auto begun = channel_->begun();
  const auto taken = passed + begun;
  for (const auto& piece : pieces) {
    if (begun == 0) break;
    if (passed >= piece.size()) {
      passed -= piece.size();
      continue;
    }
    const auto part = piece.substr(passed, begun);
    owed_ += part;
    begun -= part.size();
    passed = 0;
  }
  return static_cast<std::ptrdiff_t>(taken);
}

bool Stream::flush() {
  while (!owed_.empty()) {
    const auto n = channel_->write({owed_});
    if (n < 0) return false;
    if (n == Channel::kNone) return true;
    owed_.erase(0, static_cast<std::size_t>(n));
    if (owed_.empty()) owed_.shrink_to_fit();
  }
  return true;
}

bool Stream::end() {
  if (!flush()) return true;
  return owed_.empty() && channel_->notify_close();
}

}  // namespace offsync::proxy
