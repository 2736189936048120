#pragma once
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/assimilation/discovery/field_library.hpp>

namespace semiflow {

struct FieldDiscoveryOptions {
  /// minimum_contribution is a share of the rms of what the field lacks that lacks most: the fields have the same units,
  /// and one that lacks nothing must not be explained down to its rounding.
  DiscoveryOptions regression{};
  /// A term contributes at least this share of the residual as well. What interpolation and finite differences in time
  /// leave is no noise: it is correlated, and small terms fit some of it.
  double minimum_of_residual = 0.3;
};

/// What each of several equations lacks, each by its own regression; see discover().
///
/// blocks [block][field] are of increment_equations(), in_model [candidate] as in discover(). The result is for all
/// candidates: numbers of a candidate are those of its field's regression, log odds are added over fields, probabilities
/// multiplied, and the condition is the largest. Throws Error as discover() does, and if a block is of another number of
/// fields.
Discovery discover_fields(const FieldLibrary& library, const std::vector<std::vector<NormalEquations>>& blocks,
                          const Eigen::VectorXd& in_model, const FieldDiscoveryOptions& options = {});

/// The terms of the support with their coefficients, ready to be added to an equation.
std::vector<Term> found_terms(const Eigen::VectorXd& coefficients, std::span<const TermSum> candidates);

}  // namespace semiflow
