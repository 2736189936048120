#include "smoothed_scores.hpp"

#include <semiflow/assimilation/series_statistics.hpp>

#include "filter.hpp"
#include "record.hpp"

namespace semiflow {

bool is_smoother(const Experiment& e) { return e.assimilation && e.assimilation->method->takes("lag"); }

SmoothedScores::SmoothedScores(const Experiment& e) {
  if (is_smoother(e)) series_.setConstant(std::ssize(smoothed_series), e.events(), std::nan(""));
}

void SmoothedScores::add(RunContext& run, Cycle& cycle) {
  const std::optional<Index> event = cycle.smoothed_event();
  if (series_.size() == 0 || !event || *event < 1 || *event <= end_) return;
  const Timers::Scope scope(run.timers, Work::diagnostics);
  const Scores scores = cycle.compare_smoothed(read_truth(run, *event, 1));
  series_.col(*event - 1) << scores.rmse, scores.spread;
  end_ = *event;
}

void SmoothedScores::write(RunContext& run, const std::string& group) {
  if (end_ == first_unwritten_) return;
  for (std::size_t i = 0; i < smoothed_series.size(); ++i)
    run.file.write(group + "/" + smoothed_series[i].name, first_unwritten_,
                   series_.row(static_cast<Index>(i)).segment(first_unwritten_, end_ - first_unwritten_));
  first_unwritten_ = end_;
}

void SmoothedScores::write_means(RunContext& run, const std::string& group, Index burnt) const {
  if (series_.size() == 0) return;
  for (std::size_t i = 0; i < smoothed_series.size(); ++i) {
    const SeriesMean mean = series_mean(series_.row(static_cast<Index>(i)).tail(series_.cols() - burnt).transpose());
    run.file.set_attribute(group, std::string("mean_") + smoothed_series[i].name, mean.mean);
    run.file.set_attribute(group, std::string("mean_") + smoothed_series[i].name + "_half_width", mean.half_width);
  }
}

void SmoothedScores::save(Checkpoint& checkpoint) const {
  if (series_.size() == 0) return;
  checkpoint.shared["smoothed"] = series_;
  checkpoint.counters["smoothed_end"] = end_;
}

void SmoothedScores::load(const Checkpoint& checkpoint) {
  if (series_.size() == 0) return;
  series_ = checkpoint.shared.at("smoothed");
  end_ = checkpoint.counters.at("smoothed_end");
}

}  // namespace semiflow
