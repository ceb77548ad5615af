// How the conformance kit writes calls of the planner.

export const AXES = ["frames", "height", "width"];
// Fields of one axis' tiling, in the order of the request.
const TILING_FIELDS = ["tileSize", "overlap", "margin", "ramp", "context"];
const RAMPS = { linear: 0, smooth: 1 };
const CONTEXTS = { both: 0, past: 1 };

/** Names of each function's arguments, in their order. docs/planner-abi.md says what they mean. */
export const FUNCTIONS = {
  plan: [
    ...AXES.map((axis) => `latent.${axis}`),
    ...AXES.map((axis) => `scale.${axis}`),
    "causal",
    ...AXES.flatMap((axis) => TILING_FIELDS.map((field) => `${axis}.${field}`)),
  ],
  blend_mask: ["length", "leftRamp", "rightRamp", "leftStartsFromZero"],
  split_axis: ["kind", "size", "overlap", "dimension"],
  map_interval: ["kind", "start", "end", "leftRamp", "rightRamp", "scale"],
  check_tiling: ["axis", "scale", ...TILING_FIELDS],
  preset_tiling: ["preset"],
  auto_tiling: ["height", "width", "numFrames", "spatialThreshold", "temporalThreshold"],
};

/** Orders named arguments; what is not named is 0. */
export function callOf(call, named) {
  for (const name of Object.keys(named)) {
    if (!FUNCTIONS[call].includes(name)) throw new Error(`${call} takes no ${name}`);
  }
  return { call, arguments: FUNCTIONS[call].map((name) => named[name] ?? 0) };
}

/** A request: sizes and scales as [frames, height, width], a tiling for each axis that has one. */
export function planCall({ latent, scale, causal = true, ...tilings }) {
  const named = { causal: Number(causal) };
  AXES.forEach((axis, i) => {
    named[`latent.${axis}`] = latent[i];
    named[`scale.${axis}`] = scale[i];
    for (const [field, value] of Object.entries(tilings[axis] ?? {})) {
      named[`${axis}.${field}`] = RAMPS[value] ?? CONTEXTS[value] ?? value;
    }
  });
  return callOf("plan", named);
}

/** A call with the error record that it leaves: name, and [axis, got, limit]. */
export const refused = (call, name, [axis, got, limit]) => ({ ...call, error: { name, axis, got, limit } });
