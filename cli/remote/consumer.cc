#include "cli/remote/consumer.h"

#include <fmt/format.h>

#include <utility>

#include "wire/problem.h"

namespace offsync::cli {

ConsumerPlace::ConsumerPlace(Replica& replica, std::string name)
    : replica_(replica), name_(std::move(name)) {}

Result<TailStart> ConsumerPlace::start(const TailStart& first, bool said) {
  if (!kept()) return first;
  OFFSYNC_ASSIGN(saved_, replica_.consumer(name_));
  anew_ = !saved_ || first.from == TailStart::From::after;
  if (anew_) return first;
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica_.info());
  const bool doubtful = saved_->epoch == kDoubtfulEpoch;
  if (!info.cursor || doubtful || info.cursor->epoch == saved_->epoch) {
    return TailStart{TailStart::From::after, *saved_};
  }
  anew_ = said;
  if (said) return first;
  return make_error(Errc::protocol, kCursorExpired,
                    fmt::format("the place of the consumer {} is {}, of a log that was replaced",
                                name_, saved_->text()),
                    "say where it is to begin in the new one, with --from");
}

// Without it the first event, if it fails, is nowhere: `--from stored` and `now` begin behind it.
void ConsumerPlace::begins(const Cursor& place) {
  const bool back = saved_ && (saved_->epoch != place.epoch || place.sequence < saved_->sequence);
  if (!kept() || !(anew_ || back)) return;
  anew_ = blocked_ = false;
  passed(place);
  save();
}

void ConsumerPlace::done(const Cursor& place) {
  blocked_ = false;
  passed(place);
  save();
}

void ConsumerPlace::passed(const Cursor& place) {
  if (!blocked_) reached_ = place;
}

void ConsumerPlace::save() {
  if (!kept() || !reached_ || !status_.ok()) return;
  if (saved_ && saved_->text() == reached_->text()) return;
  status_ = replica_.move_consumer(name_, *reached_);
  if (status_.ok()) saved_ = reached_;
}

}  // namespace offsync::cli
