#pragma once
#include <semiflow/assimilation/dealt_reports.hpp>
#include <semiflow/core/checkpoint.hpp>

#include "run.hpp"

namespace semiflow {

/// What the innovations and residuals of a run say of the errors that its filter assumes.
class DepartureStatistics {
 public:
  /// What add_departures() takes. Collective.
  void add(const Communicator& comm, const DealtReports& mine, EnsembleView analysed) {
    add_departures(comm, mine, analysed, desroziers_, reliability_);
  }

  void save(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);

  /// The attributes departure_attributes of a group. Collective.
  void write(ResultFile& file, const std::string& group) const;

 private:
  DesroziersDiagnostics desroziers_{};
  Reliability reliability_{};
};

}  // namespace semiflow
