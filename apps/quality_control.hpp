#pragma once
#include <semiflow/assimilation/dealt_reports.hpp>
#include <vector>

namespace semiflow {

/// Those of my reports that are not further from the mean of their forecasts than so many standard deviations of both.
std::vector<Index> passed(const DealtReports& reports, double limit);

/// The numbers of all ranks' reports. Collective.
std::vector<Index> everywhere(const Communicator& comm, const std::vector<Index>& mine);

}  // namespace semiflow
