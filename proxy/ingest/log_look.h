// What conflicts_of() asks of the log of a space that is being decided about.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "event/decoder.h"
#include "proxy/store/log_store.h"
#include "state/decision.h"

namespace offsync::proxy {

// The events that were decided about lately, by their stamps; of all spaces. A store knows events
// by their identity alone, and a log that was lost is sent again in one go.
class RecentEvents {
 public:
  struct Identity {
    std::string source, id;
  };

  explicit RecentEvents(std::size_t most = SIZE_MAX) : most_(most) {}
  void note(std::string_view space, const EventView& event);
  void note(RecentEvents&& others);
  // nullptr where it knows none.
  const Identity* at(std::string_view space, const Stamp& stamp) const;

 private:
  void put(std::string key, Identity identity);

  std::size_t most_;
  std::unordered_map<std::string, Identity> by_key_;
  std::deque<std::string> order_;  // keys, the oldest first
};

// Questions about one event.
class StoredLook final : public LogLook {
 public:
  static constexpr int kAnswers = 256;  // then it has no more: each costs a look into the store

  // What the log has, with what is about to be appended; nullptr where that is not known yet.
  using Find =
      std::function<const std::optional<KnownEvent>*(std::string_view source, std::string_view id)>;
  // `recent` (asked in their order) and `decoder` must outlive it; nobody else may use the decoder
  // meanwhile.
  StoredLook(std::string_view space, Find find, std::array<const RecentEvents*, 2> recent,
             Decoder& decoder)
      : space_(space), find_(std::move(find)), recent_(recent), decoder_(decoder) {}

  const EventView* event_of(std::string_view source, std::string_view id) override;
  const EventView* event_at(const Stamp& stamp) override;

 private:
  std::string_view space_;
  Find find_;
  std::array<const RecentEvents*, 2> recent_;
  Decoder& decoder_;
  int left_ = kAnswers;
};

}  // namespace offsync::proxy
