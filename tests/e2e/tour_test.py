"""The hour's tour, docs/tour.md: its blocks taken as they stand, on a real broker."""

import json
import re
import tempfile
import unittest

import document


class TourTest(unittest.TestCase):
    def test_the_tour_goes_as_it_is_told(self):
        with tempfile.TemporaryDirectory() as temporary:
            directory = document.lay_checkout(temporary)
            code, said = document.run("docs/tour.md", directory, limit_s=400)
            log = directory / "my-worker.log"
            self.assertEqual(code, 0, said[-6000:] + (log.read_text()[-2000:] if log.exists() else ""))
        self.assertIn("exit code 78", said)
        self.assertIn("did you mean", said)
        outputs = [json.loads(json.loads(line)["value"]) for line in said.splitlines()
                   if line.startswith('{"partition"') and "sequence_length" in line]
        asked = {"pot-iron", "lamp-desk", "cup-blue"}
        request = [output for output in outputs if output["ts"] == 1709283781000]
        self.assertEqual([output["sequence_length"] for output in request], [2])
        self.assertEqual({item["item_id"] for item in request[0]["scores"]}, asked)
        self.assertRegex(said, r"(?m)^the same 3005 lines$")
        self.assertRegex(said, r"(?m)^freshet_scores_total 5$")
        self.assertEqual(re.findall(r"(?m)^5$", said), ["5"])  # the outputs of the second model


if __name__ == "__main__":
    unittest.main(verbosity=2)
