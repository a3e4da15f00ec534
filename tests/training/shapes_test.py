"""Names, shapes and hashes of what the trainer writes are those of docs/formats.md."""
import unittest

import support
import numpy as np
from hashing import fnv1a64, hash_context, hash_ids, mix64
from model_config import Behaviour, ModelConfig, complete_attention
from tensor_names import all_tensors
from wide_deep import FieldValues, WideDeep
from wide_features import wide_buckets

import torch

D, H, N = 6, 4, 9


def tensors_of(variant, options=None, fields=(), behaviours=("click",), crosses=()):
    attention = complete_attention(variant, options or {"hidden": H, "traditional": {"hidden": H}, "self": {"hidden": H}})
    config = ModelConfig(variant, D, [Behaviour(b, attention) for b in behaviours], (8, 5), list(fields),
                         list(crosses), 11 if crosses else 0)
    target = FieldValues(torch.zeros(N, 2, dtype=torch.int64), 3) if fields else None
    return {name: list(tensor.shape) for name, tensor in all_tensors(WideDeep(config, N, target=target)).items()}


class ShapesTest(unittest.TestCase):
    def attention_of(self, *arguments, **options):
        return {name: shape for name, shape in tensors_of(*arguments, **options).items()
                if name.startswith("behaviour.")}

    def test_traditional_attention_has_two_layers(self):
        self.assertEqual(self.attention_of("traditional"), {
            "behaviour.click.attention.w1": [H, D], "behaviour.click.attention.b1": [H],
            "behaviour.click.attention.w2": [1, H], "behaviour.click.attention.b2": [1]})
        wide = self.attention_of("traditional", {"hidden": H, "weight": "per_channel"})
        self.assertEqual(wide["behaviour.click.attention.w2"], [D, H])

    def test_unshared_self_attention_has_the_targets_own_values_and_with_fields_its_queries(self):
        own = self.attention_of("self")
        self.assertEqual(own, {"behaviour.click.self.wq": [H, D], "behaviour.click.self.wk": [H, D],
                               "behaviour.click.self.wv": [D, D], "behaviour.click.target.wv": [D, D]})
        fields = self.attention_of("self", {"hidden": H, "score": "additive"}, fields=["item", "a", "b"])
        self.assertEqual({name: shape for name, shape in fields.items() if ".target." in name},
                         {"behaviour.click.target.wq": [H, D], "behaviour.click.target.wk": [H, D],
                          "behaviour.click.target.wv": [D, D], "behaviour.click.target.v": [H]})

    def test_shared_self_attention_has_one_set_and_the_bilinear_kinds_no_values(self):
        self.assertEqual(sorted(self.attention_of("self_shared")),
                         ["behaviour.click.self.wk", "behaviour.click.self.wq", "behaviour.click.self.wv"])
        for variant in ("self_bilinear", "self_bilinear_activated"):
            self.assertEqual(sorted(self.attention_of(variant)),
                             ["behaviour.click.self.wk", "behaviour.click.self.wq"])

    def test_target_attention_has_parameters_where_its_score_does(self):
        self.assertEqual(self.attention_of("target", {"score": "dot"}), {})
        self.assertEqual(self.attention_of("target", {"score": "bilinear", "hidden": H}),
                         {"behaviour.click.target.wq": [H, D], "behaviour.click.target.wk": [H, D]})
        self.assertIn("behaviour.click.target.v", self.attention_of("target", {"score": "additive", "hidden": H}))

    def test_the_deep_side_reads_each_representation_three_times(self):
        for variant, representations in (("traditional", 2), ("merged", 4), ("target", 2), ("self", 2)):
            shapes = tensors_of(variant, behaviours=("click", "cart"), crosses=("item",))
            self.assertEqual(shapes["deep.0.weight"], [8, 3 * representations * D], variant)
            self.assertEqual(shapes["deep.2.weight"], [1, 5])
            self.assertEqual(shapes["item.embedding"], [N, D])
            self.assertEqual(shapes["wide.weight"], [11])
        self.assertEqual(tensors_of("none")["deep.0.weight"], [8, 3 * D])


class HashesTest(unittest.TestCase):
    """The numbers are those that tests/unit/common/random_test.cc holds the server to."""

    def test_hashes_are_those_of_the_server(self):
        self.assertEqual(fnv1a64(b""), 0xCBF29CE484222325)
        self.assertEqual(fnv1a64(b"a"), 0xAF63DC4C8601EC8C)
        self.assertEqual(fnv1a64(b"foobar"), 0x85944171F73967E8)
        self.assertEqual(mix64(0), 0xE220A8397B1DCDAF)
        self.assertEqual(mix64(1234567), 6457827717110365317)
        self.assertEqual(int(hash_context("tab", ["7"])[0]), fnv1a64(b"tab\x1f7"))
        self.assertEqual(int(hash_ids(["caf\u00e9"])[0]), fnv1a64("caf\u00e9".encode()))

    def test_buckets_follow_the_documented_salts_and_absent_features_have_none(self):
        item, user, recent = hash_ids(["v3"]), hash_ids(["u1"]), hash_ids(["v4", "v5"])
        tab = hash_context("tab", ["7"])
        crosses = ["item", "user", "context:tab", "recent x item", "context:tab x item"]
        found = wide_buckets(crosses, 1009, item, user, {"tab": (tab, np.array([True]))},
                             recent.reshape(1, 2), np.array([[True, False]]))
        i, u, r, t = (int(v[0]) for v in (item, user, recent, tab))
        self.assertEqual(found.tolist(), [[
            mix64(mix64(1) ^ i) % 1009, mix64(mix64(2) ^ u) % 1009, mix64(mix64(3) ^ t) % 1009,
            mix64(mix64(mix64(4) ^ r) ^ i) % 1009, 1009, mix64(mix64(mix64(5) ^ t) ^ i) % 1009]])
        absent = wide_buckets(crosses, 1009, item, user, {"tab": (tab, np.array([False]))},
                              recent.reshape(1, 2), np.array([[False, False]]))
        self.assertEqual((absent == 1009).sum(), 4)


if __name__ == "__main__":
    unittest.main()
