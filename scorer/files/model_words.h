// The words of model.yaml for the options of a model, shared by its reader and its writer.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "scorer/model/model.h"

namespace freshet::scorer {

template <class Option>
struct Word {
  std::string_view text;
  Option value;
};

inline constexpr std::array kVariantWords{
    Word<Variant>{"traditional", Variant::kTraditional},
    Word<Variant>{"self", Variant::kSelf},
    Word<Variant>{"self_shared", Variant::kSelfShared},
    Word<Variant>{"self_bilinear", Variant::kSelfBilinear},
    Word<Variant>{"self_bilinear_activated", Variant::kSelfBilinearActivated},
    Word<Variant>{"merged", Variant::kMerged},
    Word<Variant>{"target", Variant::kTarget},
    Word<Variant>{"none", Variant::kNone}};
inline constexpr std::array kActivationWords{Word<Activation>{"none", Activation::kNone},
                                             Word<Activation>{"relu", Activation::kRelu},
                                             Word<Activation>{"tanh", Activation::kTanh}};
inline constexpr std::array kWeightWords{Word<WeightKind>{"scalar", WeightKind::kScalar},
                                         Word<WeightKind>{"per_channel", WeightKind::kPerChannel}};
inline constexpr std::array kSoftmaxWords{Word<SoftmaxOver>{"positions", SoftmaxOver::kPositions},
                                          Word<SoftmaxOver>{"channels", SoftmaxOver::kChannels}};

inline constexpr std::array kScoreWords{Word<ScoreKind>{"additive", ScoreKind::kAdditive},
                                        Word<ScoreKind>{"dot", ScoreKind::kDot},
                                        Word<ScoreKind>{"scaled_dot", ScoreKind::kScaledDot},
                                        Word<ScoreKind>{"bilinear", ScoreKind::kBilinear}};
// Of self and self_shared, and of self_bilinear_activated and merged.
inline constexpr std::array kSelfScoreWords{Word<ScoreKind>{"additive", ScoreKind::kAdditive},
                                            Word<ScoreKind>{"dot", ScoreKind::kDot},
                                            Word<ScoreKind>{"scaled_dot", ScoreKind::kScaledDot}};
inline constexpr std::array kSelfActivationWords{Word<Activation>{"relu", Activation::kRelu},
                                                 Word<Activation>{"tanh", Activation::kTanh}};
inline constexpr std::array kPoolWords{Word<RowPool>{"mean", RowPool::kMean},
                                       Word<RowPool>{"sum", RowPool::kSum},
                                       Word<RowPool>{"last", RowPool::kLast}};

// The word of a value that the table holds.
template <class Words, class Option>
std::string_view word_of(const Words& words, Option value) {
  for (const auto& word : words) {
    if (word.value == value) return word.text;
  }
  return {};
}

// "item", "user", "context:tab", "recent x item", "context:tab x item".
std::string cross_text(const Cross& cross);

// Nothing where the text is not a cross. The field's name is not judged (model_check.h does).
std::optional<Cross> parse_cross(std::string_view text);

}  // namespace freshet::scorer
