#pragma once
#include <semiflow/core/aligned.hpp>
#include <semiflow/pde/mode_set.hpp>
#include <semiflow/pde/semilinear.hpp>
#include <string>
#include <vector>

#include "packed_symbol.hpp"

// The terms of an equation, arranged so that nothing is transformed twice. Private to this room.
namespace semiflow::compiled {

/// A multiplier of one field.
struct Piece {
  Index field;
  PackedSymbol symbol;
};

/// A factor in physical space: the sum of its pieces, or a given field.
struct Input {
  std::string name;
  std::vector<Piece> pieces;
  AlignedVector<double> values;  // of a given field
  bool given;
};

struct Product {
  double coefficient;
  std::vector<std::size_t> inputs;
  bool operator==(const Product&) const = default;
};

/// Where a transformed sum of products goes.
struct Destination {
  Index target;
  PackedSymbol symbol;  // with dealiasing, cutoff and 1 / points
  bool add;             // to what is there already; the first of a target writes
};

/// Products that go back to Fourier space together.
struct Output {
  std::vector<Product> products;
  std::vector<Destination> destinations;
  bool in_place = false;  // the only product, of two factors, may overwrite the first
};

/// symbol * u_field, added to the target.
struct Linear {
  Index target;
  Piece piece;
  bool add;
};

struct Terms {
  Domain work;    // where products are formed
  Index columns;  // of modes that products reach
  ModeSet modes;  // read or written, of the equation's grid
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<Linear> linear;
  AlignedVector<std::complex<double>> force;  // [fields * packed modes], empty if there is none
  std::vector<Index> idle;                    // fields that start from zero
};

/// The terms that are not diagonal, or, with every_term, all.
Terms compile(const Semilinear& equation, bool every_term, std::shared_ptr<const Communicator> ranks);

}  // namespace semiflow::compiled
