// Requests of our own.
import { AXES, planCall } from "./calls.mjs";

const GEOMETRIES = [
  { scale: [8, 32, 32] },
  { scale: [4, 8, 8] },
  { scale: [1, 1, 1], causal: false },
  { scale: [1, 4, 4], causal: false },
  { scale: [1, 1, 1] },
  { scale: [3, 5, 7] },
  { scale: [2, 6, 3], causal: false },
];
const LATENTS = [
  [1, 1, 1],
  [2, 3, 5],
  [9, 5, 7],
  [16, 17, 30],
  [33, 8, 12],
  [1, 64, 47],
];
// Of each axis, in latent cells: size, overlap.
const CELLS = [
  {},
  { frames: [2, 1], height: [2, 1], width: [2, 1] },
  { frames: [5, 0], height: [5, 0], width: [5, 0] },
  { frames: [8, 3], height: [16, 2], width: [16, 2] },
  { height: [7, 4] },
  { width: [9, 8] },
  { frames: [4, 3] },
];

/** A tiling of cells in frames and pixels, with fields of `rest` on every axis that is tiled. */
function inUnits(cells, scale, rest = {}) {
  const entries = AXES.flatMap((axis, i) => {
    const [size, overlap] = cells[axis] ?? [];
    if (size === undefined) return [];
    const lengths = { tileSize: size * scale[i], overlap: overlap * scale[i] };
    return [[axis, { ...lengths, ...rest, ...(axis !== "frames" && { context: "both" }) }]];
  });
  return Object.fromEntries(entries);
}

/** Requests with margins, smooth ramps and contexts, from a margin of 0 to the largest that is legal. */
function marginCalls() {
  const cells = { frames: [6, 3], height: [4, 2], width: [5, 2] };
  const shapes = [
    { margin: 0, ramp: "smooth" },
    { margin: 1 },
    { margin: 1, ramp: "smooth" },
    { margin: 1, context: "past" },
    { margin: 3, ramp: "smooth", context: "past" },
  ];
  const crossed = GEOMETRIES.flatMap(({ scale, causal }) =>
    shapes.flatMap((shape) =>
      [
        [13, 9, 11],
        [29, 4, 23],
      ].map((latent) => {
        const margin = Math.min(shape.margin, Math.min(...scale));
        return planCall({ latent, scale, causal, ...inUnits(cells, scale, { ...shape, margin }) });
      }),
    ),
  );
  const vae = { latent: [21, 60, 104], scale: [4, 8, 8] };
  const tile = { tileSize: 256, overlap: 128 };
  const largest = [
    planCall({ ...vae, height: { ...tile, margin: 64 }, width: { ...tile, margin: 63, ramp: "smooth" } }),
    planCall({ ...vae, frames: { tileSize: 32, overlap: 16, margin: 16, context: "past" } }),
    planCall({ ...vae, frames: { tileSize: 32, overlap: 16, margin: 8, ramp: "smooth" } }),
    planCall({ ...vae, width: { ...tile, margin: 44, ramp: "smooth" } }),
  ];
  return [...crossed, ...largest];
}

/** Requests of plans that are given by their digests. */
export function planCalls() {
  const crossed = GEOMETRIES.flatMap((geometry) =>
    LATENTS.flatMap((latent) =>
      CELLS.map((cells) => planCall({ latent, ...geometry, ...inUnits(cells, geometry.scale) })),
    ),
  );
  const ltx = { scale: [8, 32, 32] };
  const long = [
    planCall({ latent: [2000, 4, 4], ...ltx, frames: { tileSize: 64, overlap: 24 } }),
    planCall({ latent: [1, 1, 2500], ...ltx, width: { tileSize: 128, overlap: 64 } }),
    planCall({ latent: [1, 3, 100_003], scale: [1, 1, 1], causal: false, width: { tileSize: 4096, overlap: 511 } }),
  ];
  return [...crossed, ...marginCalls(), ...long];
}

/** Requests whose axes are given value by value: the records and the masks that a plan holds of them. */
export function axisCalls() {
  const wan = { latent: [12, 9, 10], scale: [4, 8, 8] };
  const whole = { latent: [7, 9, 10], scale: [2, 4, 4], causal: false };
  const tiled = {
    frames: { tileSize: 16, overlap: 8 },
    height: { tileSize: 32, overlap: 16 },
    width: { tileSize: 40, overlap: 16 },
  };
  const tiledWhole = { ...tiled, frames: { tileSize: 8, overlap: 4 } };
  const withFields = (tilings, fields) =>
    Object.fromEntries(
      Object.entries(tilings).map(([axis, tiling]) => [
        axis,
        { ...tiling, ...fields, ...(axis !== "frames" && { context: "both" }) },
      ]),
    );
  const fieldsOf = [
    {},
    { ramp: "smooth" },
    { margin: 1 },
    { margin: 2, ramp: "smooth" },
    { margin: 2, ramp: "smooth", context: "past" },
    { margin: 2, context: "past" },
  ];
  return [
    planCall(wan),
    ...fieldsOf.flatMap((fields) => [
      planCall({ ...wan, ...withFields(tiled, fields) }),
      planCall({ ...whole, ...withFields(tiledWhole, fields) }),
    ]),
  ];
}
