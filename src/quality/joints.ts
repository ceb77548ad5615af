import type { PlanInterval, TilePlan } from "../plan.js";
import { AXIS_NAMES, type AxisName, axisScale } from "../tiling.js";

/** Where the tiles of one axis overlap and join (frames or pixels). */
export interface AxisJoints {
  /** 1 where more than one tile reaches. */
  readonly overlapped: Uint8Array;
  /** First positions at which a later tile weighs more than the one before it. */
  readonly joints: readonly number[];
  /** 1 within half a latent cell of a joint, to both sides. */
  readonly near: Uint8Array;
}

/** Finds overlaps and joints of every axis of a plan, from its masks alone. */
export function planJoints(plan: TilePlan): Readonly<Record<AxisName, AxisJoints>> {
  const [frames, height, width] = AXIS_NAMES.map((axis) =>
    axisJoints(plan.axes[axis], plan.output[axis], Math.max(1, axisScale(plan.geometry, axis) >> 1)),
  );
  if (frames === undefined || height === undefined || width === undefined) throw new Error("a plan has three axes");
  return { frames, height, width };
}

function axisJoints(intervals: readonly PlanInterval[], size: number, reach: number): AxisJoints {
  const overlapped = new Uint8Array(size);
  const near = new Uint8Array(size);
  const joints: number[] = [];
  for (const [i, later] of intervals.entries()) {
    const earlier = intervals[i - 1];
    if (earlier === undefined) continue;
    overlapped.fill(1, later.outStart, Math.max(later.outStart, earlier.outStop));
    const joint = jointOf(earlier, later);
    joints.push(joint);
    near.fill(1, Math.max(0, joint - reach), joint + reach);
  }
  return { overlapped, joints, near };
}

function jointOf(earlier: PlanInterval, later: PlanInterval): number {
  const weightOf = ({ outStart, mask }: PlanInterval, at: number) => mask[at - outStart] ?? 0;
  let at = later.outStart;
  while (at < later.outStop && weightOf(later, at) <= weightOf(earlier, at)) at++;
  return at;
}
