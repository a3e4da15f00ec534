// A model folder's content made from a catalogue's planted vectors: it ranks by what the generator
// meant, without any training.
//
// Computes: logit = k (u . t) + quality of t + a constant, less where the item was clicked lately,
//           with u the mean of the clicked items' tastes, newer and more telling ones weighted
//           more. docs/generator.md, "The planted model", has each weight
// Shapes:   d = kLatentDim + 1 (the last one is the quality), layers of 4 and 4
// Errors:   none: a catalogue always gives a valid model
// Threads:  free functions
// Oracle:   its AUC beside that of the planted probabilities (tests/unit/generate)
#pragma once

#include <string>

#include "pipeline/generate/catalogue.h"
#include "scorer/model/model.h"

namespace freshet::pipeline {

scorer::Model planted_model(const Catalogue& catalogue, const std::string& name);

}  // namespace freshet::pipeline
