"""A comparison as tables: for the terminal and, the same ones, for Markdown."""
from __future__ import annotations


def number(value, places=4) -> str:
    if value is None or value != value:
        return "-"
    return f"{value:,.0f}" if places == 0 else f"{value:.{places}f}"


def signed(value, places=4) -> str:
    return "-" if value is None or value != value else f"{value:+.{places}f}"


def with_interval(figure: dict, text=number) -> str:
    """{"value", "low", "high"}"""
    return f"{text(figure['value'])} [{text(figure['low'])}, {text(figure['high'])}]"


def verdict(figure: dict, published) -> str:
    """Where a difference's interval is, and whether that is the published direction."""
    if figure["low"] <= 0 <= figure["high"]:
        return "within the interval"
    if not published:
        return "outside"
    return "outside, as published" if (figure["value"] > 0) == (published > 0) else "outside, the other way"


def kinds_table(result: dict) -> tuple[list[str], list[list[str]]]:
    names = [other["name"] for other in result["beside"]]
    head = ["kind", "number", "seeds", "AUC overall", "AUC deep", *(f"overall over {name}" for name in names), "GAUC",
            "log loss", "epoch", "parameters"]
    rows = []
    for row in result["kinds"]:
        judged = row.get("evaluate") or {}
        rows.append([row["kind"], row["number"] or "", str(row["seeds"]), with_interval(row["auc"]),
                     with_interval(row["deep_auc"]), *(with_interval(row["over"][name], signed) for name in names),
                     number(judged.get("gauc")), number(judged.get("log_loss")), number(row["epoch"], 1),
                     number(row["parameters"], 0)])
    rows += [[row["name"], "", "", with_interval(row["auc"]), ""] + [""] * (len(names) + 4) for row in result["beside"]]
    return head, rows


def pairs_table(result: dict) -> tuple[list[str], list[list[str]]]:
    head = ["difference", "published", "ours, overall", "", "published, deep", "ours, deep", ""]
    return head, [[f"{row['what']} ({row['a']} - {row['b']})", signed(row["published_overall"], 3),
                   with_interval(row["auc"], signed), verdict(row["auc"], row["published_overall"]),
                   signed(row["published_deep"], 3), with_interval(row["deep_auc"], signed),
                   verdict(row["deep_auc"], row["published_deep"])] for row in result["pairs"]]


def costs_table(result: dict) -> tuple[list[str], list[list[str]]]:
    target = number(result["loss_target"])
    head = ["kind", f"steps to log loss {target}", "seconds to it", "ns per click", "ns per candidate",
            "bytes per user", "attention entropy"]
    rows = []
    for row in result["kinds"]:
        cost = row.get("cost") or {}
        rows.append([row["kind"], number(row["steps"], 0), number(row["seconds"], 1),
                     number(cost.get("ns_per_click"), 0), number(cost.get("ns_per_candidate"), 0),
                     number(cost.get("bytes_per_user"), 0), number(row["entropy"], 3)])
    return head, rows


def text_table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *rows])


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def tables(result: dict, table) -> str:
    """All of them, one below the other, with `table` text_table or markdown_table."""
    parts = [f"{result['rows']:,} rows of {result['users']:,} users on later days, {result['clicked']:,} clicked; "
             f"logits: {result['logits']}", table(*kinds_table(result))]
    if result["pairs"]:
        parts.append(table(*pairs_table(result)))
    parts.append(table(*costs_table(result)))
    if any((row.get("cost") or {}).get("busy") for row in result["kinds"]):
        parts.append("Costs of - came out below nothing: the machine is too busy to measure them.")
    return "\n\n".join(parts) + "\n"
