#include "cli/input/fold_pipeline.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "event/decoder.h"

namespace offsync::cli {

std::optional<Error> not_to_fold(const EventView& event) {
  if (event.sequence == 0) {
    if (Status good = check_new(event); !good) return std::move(good).error();
  }
  if (!event.stamp.none() || !event.writes()) return std::nullopt;
  return bad_data("missing",
                  "the event has neither time nor stamp, so nobody knows what it comes before",
                  "give it a time, or take it into a replica with: offsync emit --batch");
}

FoldPipeline::FoldPipeline(State& state, Wanted wanted, Identities* identities)
    : state_(state), wanted_(std::move(wanted)), identities_(identities) {}

FoldPipeline::~FoldPipeline() {
  wait_for_all();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  handed_over_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void FoldPipeline::add(std::string_view line, std::uint64_t number, std::uint64_t byte) {
  const bool is_long = line.size() > kLongLine;
  if (is_long) hand_over();
  Batch& batch = filling();
  batch.lines.push_back({batch.text.size(), line.size(), number, byte});
  batch.text += line;
  if (is_long || batch.lines.size() == kEvents) hand_over();
}

void FoldPipeline::add_refused(Refused refused) {
  filling().refused.push_back(std::move(refused));
  if (filling().refused.size() == kEvents) hand_over();
}

void FoldPipeline::hand_over() {
  Batch& batch = filling();
  if (batch.lines.empty() && batch.refused.empty()) return;
  batch.text.append(kDecodePadding, ' ');
  if (handed_ == 0) start();
  std::unique_lock lock(mutex_);
  batch.done = false;
  ++handed_;
  if (idle_ > 0) handed_over_.notify_one();
  while (!filling().done) work_or_wait(lock);
  lock.unlock();
  rethrow();
  collect(filling());
}

void FoldPipeline::start() {
  const unsigned others = std::max(2U, std::thread::hardware_concurrency()) - 1;
  for (unsigned i = 0; i < std::min(others, kHelpers); ++i) {
    try {
      helpers_.emplace_back([this] { help(); });
    } catch (const std::exception&) {
      return;  // ulimit -u, or no room for a stack: it is only slower with fewer, or alone
    }
  }
}

void FoldPipeline::help() {
  std::optional<Worker> own;
  try {
    own.emplace();
  } catch (const std::bad_alloc&) {
    return;  // one helper less
  }
  Worker& worker = *own;
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    handed_over_.wait(lock, [&] { return ending_ || taken_ < handed_; });
    --idle_;
    if (taken_ == handed_) return;
    Batch& batch = batches_[taken_++ % kBatches];
    lock.unlock();
    work_on(worker, batch);
    lock.lock();
    batch.done = true;
    if (waiting_) done_.notify_one();
  }
}

void FoldPipeline::work_or_wait(std::unique_lock<std::mutex>& lock) {
  if (taken_ == handed_) {
    waiting_ = true;
    done_.wait(lock);
    waiting_ = false;
    return;
  }
  Batch& batch = batches_[taken_++ % kBatches];
  lock.unlock();
  work_on(own_, batch);
  lock.lock();
  batch.done = true;
}

void FoldPipeline::work_on(Worker& worker, Batch& batch) noexcept {
  try {
    work(worker, batch);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failed_) failed_ = std::current_exception();
  }
}

void FoldPipeline::rethrow() {
  const std::lock_guard lock(mutex_);
  if (failed_) std::rethrow_exception(failed_);
}

void FoldPipeline::work(Worker& worker, Batch& batch) {
  worker.events.clear();
  worker.lines.clear();
  worker.prints.clear();
  for (std::size_t i = 0; i < batch.lines.size(); ++i) {
    const Line& line = batch.lines[i];
    auto event = worker.decoders[i].decode_in_place({batch.text.data() + line.at, line.bytes});
    if (!event) {
      batch.refused.push_back({line.number, line.byte, std::move(event).error()});
    } else if (auto refused = not_to_fold(**event)) {
      batch.refused.push_back({line.number, line.byte, std::move(*refused)});
    } else {
      worker.events.push_back(**event);
      worker.lines.push_back(i);
      if (identities_ != nullptr) worker.prints.push_back(fingerprint(**event, line.number));
    }
  }
  if (worker.events.empty()) return;
  const std::lock_guard lock(folding_);
  if (wanted_) leave_out(worker, batch);
  for (const Fingerprint& print : worker.prints) identities_->add(print);
  state_.fold(worker.events);
}

// What is not wanted, or of which that cannot be said.
void FoldPipeline::leave_out(Worker& worker, Batch& batch) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < worker.events.size(); ++i) {
    auto wanted = wanted_(worker.events[i]);
    if (!wanted) {
      const Line& line = batch.lines[worker.lines[i]];
      batch.refused.push_back({line.number, line.byte, std::move(wanted).error()});
    } else if (*wanted) {
      if (identities_ != nullptr) worker.prints[kept] = worker.prints[i];
      worker.events[kept++] = worker.events[i];
    }
  }
  worker.events.resize(kept);
  if (identities_ != nullptr) worker.prints.resize(kept);
}

// Makes a batch that is done ready to be filled.
void FoldPipeline::collect(Batch& batch) {
  std::sort(batch.refused.begin(), batch.refused.end(),
            [](const Refused& a, const Refused& b) { return a.number < b.number; });
  std::move(batch.refused.begin(), batch.refused.end(), std::back_inserter(refused_));
  batch.refused.clear();
  batch.lines.clear();
  batch.text.clear();
}

void FoldPipeline::wait_for_all() {
  std::unique_lock lock(mutex_);
  for (Batch& batch : batches_) {
    while (!batch.done) work_or_wait(lock);
  }
}

void FoldPipeline::finish() {
  if (handed_ == 0) {  // little was added: not worth a thread
    filling().text.append(kDecodePadding, ' ');
    work(own_, filling());
    collect(filling());
    return;
  }
  hand_over();
  wait_for_all();
  rethrow();
  for (std::size_t i = 1; i < kBatches; ++i) collect(batches_[(handed_ + i) % kBatches]);
}

std::vector<Refused> FoldPipeline::take_refused() {
  return std::exchange(refused_, {});
}

}  // namespace offsync::cli
