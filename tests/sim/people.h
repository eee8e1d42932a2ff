// People: what users and operators do, and what befalls the machines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/dice.h"
#include "sim/fleet.h"
#include "sim/machine.h"
#include "sim/oracle.h"
#include "sim/world.h"

namespace offsync::sim {

class People {
 public:
  People(World& world, Oracle& oracle, Fleet& fleet, Network& network,
         std::vector<std::unique_ptr<Machine>>& machines);

  // Spreads all that will happen over the fault phase.
  void plan();

 private:
  // Each deed and each incident has dice of its own, so that one less leaves the others as they
  // are.
  template <class What>
  void some(std::string_view name, std::int64_t times, What what);
  void act(Dice& dice);
  EventDraft draft(Dice& dice) const;
  void write(Dice& dice, EventDraft& draft) const;
  std::string foreign_event(Dice& dice);
  std::string foreign_data(Dice& dice) const;
  void import_somewhere(Dice& dice, Machine& machine);
  void produce(Dice& dice, const std::string& space);
  void forge(Dice& dice);
  std::string post(const std::string& space, const std::string& line);  // the answer
  void crash_proxy(Dice& dice);
  void crash_client(Dice& dice);
  void die_twice(Machine& machine);
  void disk_error(Dice& dice);
  void jump(Dice& dice);

  World& world_;
  Oracle& oracle_;
  Fleet& fleet_;
  Network& network_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  std::vector<std::string> foreign_;
};

}  // namespace offsync::sim
