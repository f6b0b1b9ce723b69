// A MapQuery as JSON: the one form of it, in sessions and beside maps that leave the program. Layers, heads,
// blocks and steps count from 1, positions from 0, as everywhere in files:
//   {"layer": 3, "head": "max"}, {"layer": "rollout", "discard": 0.25},
//   {"lens": "share", "maps": [[2, 1], [4, 3]], "span": [1, 12], "half": "negative", "subject": [145],
//   "incoming": true}
// What is as in MapQuery{} is left out. A lens that joins all layers stands as the layer.
#pragma once

#include <optional>
#include <string>

#include "core/analysis/map_query.h"
#include "core/formats/json.h"

namespace regard {

/// An object of what differs from MapQuery{}.
Json query_json(const MapQuery& query);

/// A key that was wrong, what it should have been, and what it was.
struct QueryFault {
  std::string key, expected;
  Json got;
};

/// The keys of `object` that a query has, into `query`; other keys are not looked at, and what is absent
/// keeps its value. @return the first that was wrong; the query is then not to be used.
std::optional<QueryFault> read_query(const Json& object, MapQuery& query);

}  // namespace regard
