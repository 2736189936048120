#include "hdf5_attributes.hpp"
#include "result_file_state.hpp"

namespace semiflow {

using hdf5::Handle;

namespace {

template <class State, class Value, class... Capacity>
void set(const State& state, const std::string& target, const std::string& name, Value value, Capacity... capacity) {
  const hdf5::QuietErrors quiet;
  state.require_writable();
  const Handle object = state.object(target);
  if (hdf5::has_attribute(object, name)) {
    hdf5::change_attribute(object, name, value, state.where(target));
  } else {
    state.require_stage(Stage::defining, "attribute " + name + " must be created before end_definitions()");
    hdf5::create_attribute(object, name, value, capacity..., state.where(target));
  }
}

}  // namespace

void ResultFile::set_attribute(const std::string& object, const std::string& name, std::string_view text,
                               Index capacity) {
  set(*state_, object, name, text, capacity);
}

void ResultFile::set_attribute(const std::string& object, const std::string& name, double value) {
  set(*state_, object, name, value);
}

void ResultFile::set_attribute(const std::string& object, const std::string& name, Index value) {
  set(*state_, object, name, value);
}

std::string ResultFile::text_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::text_attribute(state_->object(object), name, state_->where(object));
}

double ResultFile::double_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::double_attribute(state_->object(object), name, state_->where(object));
}

Index ResultFile::index_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::index_attribute(state_->object(object), name, state_->where(object));
}

bool ResultFile::has_attribute(const std::string& object, const std::string& name) {
  const hdf5::QuietErrors quiet;
  return hdf5::has_attribute(state_->object(object), name);
}

}  // namespace semiflow
