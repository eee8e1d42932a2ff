#include "cli/fold_pipeline.h"

namespace offsync::cli {

Decoder& FoldPipeline::decoder(std::size_t bytes) {
  long_line_ = bytes > kLongLine;
  if (long_line_ && !filling_->events.empty()) hand_over();
  return filling_->decoders[filling_->events.size()];
}

void FoldPipeline::add(const EventView& event) {
  filling_->events.push_back(event);
  if (filling_->events.size() == kEvents || long_line_) hand_over();
}

void FoldPipeline::hand_over() {
  if (!thread_) thread_.emplace([this] { run(); });
  std::unique_lock lock(mutex_);
  ++handed_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return handed_ - folded_ < batches_.size(); });
  filling_ = &batches_[handed_ % batches_.size()];
}

void FoldPipeline::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || folded_ < handed_; });
    if (folded_ == handed_) return;
    Batch& batch = batches_[folded_ % batches_.size()];
    lock.unlock();
    state_.fold(batch.events);
    batch.events.clear();
    lock.lock();
    ++folded_;
    changed_.notify_all();
  }
}

void FoldPipeline::finish() {
  if (thread_) {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    thread_->join();
    thread_.reset();
  }
  state_.fold(filling_->events);
  filling_->events.clear();
  filling_ = batches_.data();
  ending_ = false;
  handed_ = folded_ = 0;
}

}  // namespace offsync::cli
