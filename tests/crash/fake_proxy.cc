#include "crash/fake_proxy.h"

#include <fmt/format.h>

#include "event/stamp.h"
#include "wire/snapshot.h"

namespace offsync::test {
namespace {

const std::string kSpace = "shop";

}  // namespace

void FakeProxy::begin_epoch() {
  ingest_.reset();
  store_ = std::make_unique<proxy::MemoryLogStore>(fmt::format("epoch{}", ++epochs_));
  ingest_ = std::make_unique<proxy::Ingest>(*store_, clock_, nullptr);
}

std::string FakeProxy::epoch() {
  return store_->space(kSpace)->epoch;
}
std::uint64_t FakeProxy::head() {
  return store_->space(kSpace)->head;
}

std::vector<Outcome> FakeProxy::submit(std::vector<std::string> lines) {
  return std::move(ingest_->submit(kSpace, std::move(lines))->outcomes);
}

void FakeProxy::submit_foreign(SimRandom& random) {
  std::vector<std::string> lines;
  for (std::uint64_t left = 1 + random.below(5); left > 0; --left) {
    const DrawnEvent event = draw_event(random);
    const std::int64_t ms = clock_.wall_ms() - 100 + static_cast<std::int64_t>(random.below(200));
    lines.push_back(fmt::format(
        R"({{"specversion":"1.0","id":"f{}","source":"/other","type":"t","subject":"{}",)"
        R"("stamp":"{}","data":{}}})",
        ++foreign_, event.subject, Stamp::make(ms, 0, 99).text(), event.data));
  }
  submit(std::move(lines));
}

std::vector<std::string> FakeProxy::read(std::uint64_t after, std::size_t events) {
  std::vector<std::string> lines;
  for (proxy::LogEntry& entry : *store_->read(kSpace, after, events, 1 << 20)) {
    lines.push_back(std::move(entry.line));
  }
  return lines;
}

std::string FakeProxy::snapshot() {
  std::string text;
  proxy::SnapshotSink sink;
  sink.begin = [&](const proxy::SpaceState& at, std::uint64_t entities, std::uint64_t conflicts) {
    text = encode_snapshot_header({{at.epoch, at.head}, entities, conflicts}) + "\n";
    return true;
  };
  sink.entity = sink.conflict = [&](std::string_view line) {
    text.append(line).append("\n");
    return true;
  };
  if (!store_->snapshot(kSpace, sink)) text.clear();
  return text;
}

DrawnEvent draw_event(SimRandom& random) {
  DrawnEvent event;
  event.subject = fmt::format("todo/{}", random.below(6));
  const std::uint64_t field = random.below(4);
  const std::uint64_t value = random.below(50);
  switch (random.below(10)) {
    case 0:
      event.data = fmt::format(R"({{"inc":{{"n{}":{}}}}})", field, value);
      break;
    case 1:
      event.data = fmt::format(R"({{"add":{{"s{}":[{},"x"]}}}})", field, value);
      break;
    case 2:
      event.data = fmt::format(R"({{"remove":{{"s{}":["x"]}}}})", field);
      break;
    case 3:
      // Whoever writes a field first says what kind it is: the other is rejected.
      event.data = random.chance(2) ? R"({"inc":{"either":1}})" : R"({"set":{"either":1}})";
      break;
    case 4:
      event.data = random.chance(2) ? R"({"create":true})" : R"({"delete":true})";
      if (random.chance(2)) event.data = R"({"create":true,"set":{"f0":"new"}})";
      break;
    case 5:
      event.data = fmt::format(R"({{"unset":["f{}"]}})", field);
      break;
    default:
      event.data = fmt::format(R"({{"set":{{"f{}":{},"note":"{}"}}}})", field, value,
                               std::string(random.below(300), 'v'));
      break;
  }
  return event;
}

}  // namespace offsync::test
