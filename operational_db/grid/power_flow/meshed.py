"""What do meshed networks lose: the same question put to power-grid-model's Newton method.

Here belongs the translation to and from power-grid-model; not the solution of trees (`sweep`).
"""

from dataclasses import dataclass

import numpy as np
from power_grid_model import CalculationMethod, LoadGenType, PowerGridModel, initialize_array
from power_grid_model.errors import PowerGridError

from operational_db.refusal import Refusal

FREQUENCY_HZ = 50.0
# The busbar holds its voltage, as in the sweep: a source so strong that nothing drops inside it.
SHORT_CIRCUIT_VA = 1e20


@dataclass(frozen=True)
class MeshedNetwork:
    """One row per branch between two nodes; node 0 is the busbar. Units as in the sweep."""

    code: str
    from_node: np.ndarray
    to_node: np.ndarray
    resistance_ohm: np.ndarray
    reactance_ohm: np.ndarray
    charging_siemens: np.ndarray
    busbar_kv: float


def meshed_losses_kw(network: MeshedNetwork, load_kw: np.ndarray, load_kvar: np.ndarray) -> np.ndarray:
    """Losses per branch and hour. Loads have one row per node, that of the busbar first."""
    nodes, branches = len(load_kw), len(network.from_node)
    node = initialize_array("input", "node", nodes)
    node["id"] = np.arange(nodes)
    node["u_rated"] = network.busbar_kv * 1000
    line = initialize_array("input", "line", branches)
    line["id"] = nodes + np.arange(branches)
    line["from_node"], line["to_node"] = network.from_node, network.to_node
    line["from_status"] = line["to_status"] = 1
    line["r1"], line["x1"] = network.resistance_ohm, network.reactance_ohm
    line["c1"] = network.charging_siemens / (2 * np.pi * FREQUENCY_HZ)
    line["tan1"] = 0.0
    line["i_n"] = 1e6  # nothing is limited; only the loading that we do not ask for uses it
    source = initialize_array("input", "source", 1)
    source["id"], source["node"], source["status"], source["u_ref"] = nodes + branches, 0, 1, 1.0
    source["sk"] = SHORT_CIRCUIT_VA
    load = initialize_array("input", "sym_load", nodes)
    load["id"] = nodes + branches + 1 + np.arange(nodes)
    load["node"] = np.arange(nodes)
    load["status"] = 1
    load["type"] = LoadGenType.const_power
    load["p_specified"] = load["q_specified"] = 0.0
    hourly = initialize_array("update", "sym_load", (load_kw.shape[1], nodes))
    hourly["id"] = load["id"]
    hourly["p_specified"], hourly["q_specified"] = load_kw.T * 1000, load_kvar.T * 1000
    try:
        model = PowerGridModel(
            {
                "node": node,
                "line": line,
                "source": source,
                "sym_load": load,
            },
            system_frequency=FREQUENCY_HZ,
        )
        answer = model.calculate_power_flow(
            update_data={"sym_load": hourly},
            calculation_method=CalculationMethod.newton_raphson,
            error_tolerance=1e-12,
            max_iterations=50,
            output_component_types={"line": ["p_from", "p_to"]},
        )
    except PowerGridError as error:
        hours = getattr(error, "failed_scenarios", None)
        where = f", hour {hours[0]}" if hours is not None and len(hours) else ""
        raise Refusal(
            f"Feeder {network.code}{where}: power-grid-model found no power flow: check the loads, the lengths and the "
            "ohms per km of the feeder."
        ) from error
    lines = answer["line"]
    return (lines["p_from"] + lines["p_to"]).T / 1000
