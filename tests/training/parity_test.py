"""The PyTorch model in double against straight loops, over every model of tests/data/model_parity.txt."""
import random
import unittest

import support
import make_model_parity as golden
import naive
from tensor_names import all_tensors


class ParityTest(unittest.TestCase):
    def logits_of_choice(self, variant, number, choice):
        """Yields (PyTorch's deep logit, the naive one) of each case."""
        config = golden.make_config(variant, f"{variant}-{number}", choice)
        model, _ = golden.make_model(config, choice)
        tensors = {name: tensor.tolist() for name, tensor in all_tensors(model).items()}
        values = model.target.values
        for user, tab, clicks in golden.cases(random.Random(number)):
            sequences = clicks[:len(config.behaviours)]
            batch = golden.one_batch(config, user, tab, sequences, candidate=3)
            ages = [[(row, (golden.NOW - ts) / golden.DAY_MS) for row, ts in sequence[:12]] for sequence in sequences]
            batch.sequences = [golden.one_sequence(sequence[:12]) for sequence in sequences]
            fields = [] if values is None else [None if row < 0 else row for row in values[3].tolist()]
            yield model(batch).deep.item(), naive.deep_logit(tensors, config, ages, 3, fields)

    def test_every_variant_and_pair_of_options_equals_straight_loops(self):
        for variant, axes in golden.AXES.items():
            axes = {**axes, "d": [3, 5]}  # the loops are slow; widths do not change what they compute
            for number, choice in enumerate(golden.covering(axes)):
                for found, expected in self.logits_of_choice(variant, number, choice):
                    self.assertAlmostEqual(found, expected, delta=1e-11, msg=f"{variant} {choice}")

    def test_the_golden_file_is_what_its_script_prints(self):
        stored = (support.ROOT / "tests/data/model_parity.txt").read_text().splitlines()
        made = list(golden.lines())
        self.assertEqual(len(made), len(stored))
        for number, (line, expected) in enumerate(zip(made, stored), 1):
            if not line.startswith("logit "):
                self.assertEqual(line, expected, f"line {number}")
                continue
            # Libraries differ in the last bits of exp and tanh.
            for value, want in zip(line.split()[1:], expected.split()[1:]):
                self.assertAlmostEqual(float(value), float(want), delta=1e-10, msg=f"line {number}")


if __name__ == "__main__":
    unittest.main()
