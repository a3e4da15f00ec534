"""A generated log's own probabilities (`generate --truth`) beside the scores of a model, by AUC."""

import json


def auc(pairs):
    """Area under the ROC curve of (score, label), ties counted half."""
    pairs = sorted(pairs)
    positives = sum(label for _, label in pairs)
    ranks = 0.0
    i = 0
    while i < len(pairs):
        j = i
        while j < len(pairs) and pairs[j][0] == pairs[i][0]:
            j += 1
        ranks += (i + j + 1) / 2 * sum(label for _, label in pairs[i:j])
        i = j
    return (ranks - positives * (positives + 1) / 2) / (positives * (len(pairs) - positives))


def areas(log, scores):
    """AUC of the probabilities and of the scores, and of how many impressions: each counts once, as first scored."""
    shown = {}
    with open(log, "rb") as lines:
        for line in lines:
            if b'"p":' in line:
                event = json.loads(line)
                shown[event["event_id"]] = (event["p"], event["label"])
    truth, served = [], []
    with open(scores) as lines:
        for line in lines:
            score = json.loads(line)
            found = shown.pop(score.get("event_id"), None)
            if found is not None:
                truth.append(found)
                served.append((score["scores"][0]["score"], found[1]))
    return auc(truth), auc(served), len(served)
