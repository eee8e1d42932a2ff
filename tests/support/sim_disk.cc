#include "support/sim_disk.h"

#include "support/sim_disk_impl.h"

namespace offsync::test {

SimDisk::SimDisk(std::string prefix, std::uint64_t seed)
    : impl_(std::make_shared<Impl>(std::move(prefix), seed)) {
  sim_register(impl_, seed);
}

SimDisk::~SimDisk() {
  impl_->kill();  // whoever still has a handle holds a dead one
  sim_unregister(impl_);
}

void SimDisk::crash_at(std::uint64_t n) {
  impl_->crash_at = n;
}
void SimDisk::fail_at(std::uint64_t n, int rc) {
  impl_->fail_at = n;
  impl_->fail_code = rc;
}
void SimDisk::set_capacity(std::uint64_t bytes) {
  impl_->capacity = bytes;
}
void SimDisk::lie_about_syncs(std::string suffix) {
  impl_->lying = std::move(suffix);
}
void SimDisk::kill() {
  if (!impl_->dead()) ++impl_->counters.crashes;
  impl_->kill();
}
bool SimDisk::dead() const {
  return impl_->dead();
}
void SimDisk::restart(Loss loss) {
  impl_->restart(loss);
}

std::uint64_t SimDisk::operations() const {
  return impl_->operations;
}
SimDisk::Counters SimDisk::counters() const {
  return impl_->counters;
}
bool SimDisk::exists(std::string_view path) const {
  return impl_->has(path) && impl_->find(impl_->name_of(path)) != nullptr;
}
std::uint64_t SimDisk::size(std::string_view path) const {
  const Impl::Inode inode = impl_->has(path) ? impl_->find(impl_->name_of(path)) : nullptr;
  return inode ? inode->store.seen().size() : 0;
}
std::size_t SimDisk::open_handles() const {
  return impl_->handles;
}
std::uint64_t SimDisk::hash() const {
  return impl_->hash();
}
void SimDisk::reseed(std::uint64_t seed) {
  impl_->random.state = seed;
}

SimDisk::Image SimDisk::save() const {
  Image image;
  image.files_ = impl_->save();
  return image;
}
void SimDisk::load(const Image& image) {
  impl_->load(image.files_);
}
void SimDisk::before_operation(Hook hook) {
  impl_->hook = std::move(hook);
}
void SimDisk::at_next_sync(std::function<void()> what) {
  before_operation(
      [what = std::move(what), due = true](std::string_view operation, std::string_view) mutable {
        if (!due || operation != "sync") return;
        due = false;
        what();
      });
}

}  // namespace offsync::test
