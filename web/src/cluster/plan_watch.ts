import type { ClusterPlan } from '../api/types';
import { SpeedMeter } from '../upload/speed_meter';

// How long the present plan will take, from how far it was at one look after the other.
export class PlanWatch {
  private meter = new SpeedMeter();
  private last: ClusterPlan | null = null;

  // Null when nothing moves, or when there is nothing to tell it by. `now` in milliseconds.
  look(plan: ClusterPlan | null, now: number): number | null {
    if (!this.isOneWithTheLast(plan)) this.meter = new SpeedMeter();
    this.last = plan;
    if (plan?.phase !== 'copying') return null;
    this.meter.add(plan.plan_bytes, now);
    const speed = this.meter.bytesPerSecond();
    if (!speed) return null;
    return Math.max(0, plan.plan_bytes_expected - plan.plan_bytes) / speed;
  }

  // A change may take several plans, and each begins at nothing.
  private isOneWithTheLast(plan: ClusterPlan | null): boolean {
    if (plan === null || this.last === null) return false;
    return plan.change === this.last.change && plan.plan_bytes >= this.last.plan_bytes;
  }
}
