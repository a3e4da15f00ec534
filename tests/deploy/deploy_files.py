"""What the checks of the deployment files share: where they are, and how they are read."""

import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"


def load(path):
    with open(path) as file:
        return yaml.safe_load(file)


def load_all(path):
    with open(path) as file:
        return [document for document in yaml.safe_load_all(file) if document is not None]


def alert_rules():
    groups = load(PROMETHEUS / "alerts.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]
