// A push that something between here and the proxy refuses, perhaps for one event in it: as long as
// a push of nothing comes through it is divided, until that event is alone and can be parked.
#include "sync/engine_impl.h"

namespace offsync {

void SyncEngine::Impl::end_probe() {
  const std::unique_ptr<Session> probe = std::move(push.session);
  const Blocked refused = *std::exchange(blocked, std::nullopt);
  push.due_ms = now();
  if (probe->end() != Session::End::done) {
    // Where nothing comes through, no event is to blame.
    const bool again = !probe->refused_on_the_way() && probe->worth_retrying();
    return fail(push, refused.error, again, probe.get());
  }
  push.succeeded();
  if (refused.events > 1) {
    push_events = refused.events / 2;
  } else {
    park(refused.error, refused.first, refused.status);
  }
}

void SyncEngine::Impl::park(const Error& error, const PendingEvent& event, int status) {
  const std::string with = " with status " + std::to_string(status);
  Outcome outcome;
  outcome.kind = OutcomeKind::rejected;
  outcome.id = event.id;
  outcome.source = event.source;
  outcome.code = "refused_on_the_way";
  outcome.detail = "something between this replica and the proxy refused its push" + with +
                   ", and lets others pass";
  const auto info = context.replica.info();
  const auto settled = info ? context.replica.settle(info->epoch, {&outcome, 1})
                            : Result<Replica::Settled>(info.error());
  if (!settled) return fail(push, settled.error(), settled.error().code == "busy");
  push_events = std::max<std::size_t>(1, context.options.push_events);
  context.report.rejected += settled->rejected;
  context.report.held += settled->held;
  context.report.blocked += settled->rejected;
  context.observer.on_blocked(make_error(error.kind, outcome.code,
                                         "something between here and the proxy refused event " +
                                             event.id + " of " + event.subject + with +
                                             ", and lets others pass",
                                         "it waits for you: offsync queue"));
  context.observer.on_progress(context.report);
}

// once: a pull may do what a push could not, where that was refused, or cut on its way there. The
// error is that of the push in the end.
bool SyncEngine::Impl::pulls_after(const Error& error, const Session* session) {
  const bool refused = session != nullptr && session->status() != 0 && session->status() != 200;
  const bool cut_off = session != nullptr && session->status() == 0 && error.code == "cut";
  const bool theirs =
      error.kind == Errc::auth || error.kind == Errc::protocol || error.kind == Errc::unreachable;
  if (!once() || !context.options.pull || phase != Phase::push || !theirs ||
      (!refused && !cut_off)) {
    return false;
  }
  push_error = error;
  phase = Phase::pull;
  return true;
}

}  // namespace offsync
