import type { Cluster, ClusterPlan, ContentNode, Worker } from '../api/types';
import { percent } from '../text/format';
import { usePageTitle } from '../ui/page_title';
import { ProgressBar } from '../ui/progress_bar';
import {
  absenceOf,
  fullnessOf,
  jobsText,
  nameOf,
  otherReasonsOf,
  pastText,
  planFacts,
  planTitle,
  sizeOf,
  stateOf,
  summaryOf,
  verifiedOf,
  workText,
} from './cluster_text';
import { useCluster } from './use_cluster';

// The operator's view: what is there, how full it is, and what wants attention.
export function ClusterPage() {
  const { cluster, secondsLeft, trouble } = useCluster();
  usePageTitle('Cluster');
  return (
    <section class="cluster">
      <div class="page-head">
        <h1>Cluster</h1>
        {cluster && <p>{cluster.id ?? 'one machine'}</p>}
      </div>
      {trouble && (
        <p class="error-text" role="alert">
          {trouble}
        </p>
      )}
      {cluster && <ClusterState cluster={cluster} secondsLeft={secondsLeft} />}
    </section>
  );
}

interface ClusterStateProps {
  readonly cluster: Cluster;
  readonly secondsLeft: number | null;
}

function ClusterState({ cluster, secondsLeft }: ClusterStateProps) {
  const summary = summaryOf(cluster);
  return (
    <>
      <p class="cluster-summary" data-mood={summary.mood} role="status">
        {summary.text}
      </p>
      {otherReasonsOf(cluster).map((reason) => (
        <p key={reason} class="facts">
          {reason}
        </p>
      ))}
      {cluster.plan && (
        <Plan title={planTitle(cluster)} plan={cluster.plan} secondsLeft={secondsLeft} />
      )}
      <dl class="cluster-facts">
        <Fact name="Stored" value={sizeOf(cluster.space?.stored_bytes ?? null)} />
        <Fact name="Room for" value={sizeOf(cluster.space?.free_bytes ?? null)} />
        <Fact name="Transcodes" value={jobsText(cluster.jobs)} />
        <Fact name="Balance" value={cluster.balance.toFixed(3)} />
        <Fact name="Epoch" value={String(cluster.epoch)} />
      </dl>
      <NodeTable nodes={cluster.nodes} />
      {cluster.given_up.map((node) => (
        <p key={node.id} class="facts" data-testid="given-up">
          {absenceOf(node)}
        </p>
      ))}
      {cluster.workers && cluster.workers.length > 0 && <WorkerTable workers={cluster.workers} />}
      {cluster.past_changes[0] && !cluster.plan && (
        <p class="cluster-past">{pastText(cluster.past_changes[0])}</p>
      )}
    </>
  );
}

interface PlanProps {
  readonly title: string;
  readonly plan: ClusterPlan;
  readonly secondsLeft: number | null;
}

function Plan({ title, plan, secondsLeft }: PlanProps) {
  return (
    <div class="cluster-plan">
      <p>{title}</p>
      <ProgressBar fraction={plan.progress} label={title} testId="cluster-plan" />
      <p class="facts">{planFacts(plan, secondsLeft)}</p>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const columns = ['Node', 'State', 'Zone', 'Slots', 'Stored', 'Free', 'Disk', 'Verified', 'Damaged'] as const;

function NodeTable({ nodes }: { nodes: readonly ContentNode[] }) {
  return (
    <div class="cluster-table">
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <NodeRow key={node.id ?? ''} node={node} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NodeRow({ node }: { node: ContentNode }) {
  const fullness = fullnessOf(node);
  return (
    <tr data-state={node.state} data-standing={node.standing}>
      <th scope="row">{nameOf(node)}</th>
      <td>
        <span class="node-state">{stateOf(node)}</span>
        {node.reason && <span class="facts"> {node.reason}</span>}
      </td>
      <td>{node.zone || '–'}</td>
      <td>{node.slots}</td>
      <td>{sizeOf(node.stored_bytes)}</td>
      <td>{sizeOf(node.free_bytes)}</td>
      <td>{fullness === null ? '–' : percent(fullness)}</td>
      <td>{verifiedOf(node)}</td>
      <td>{node.damaged_blobs ?? '–'}</td>
    </tr>
  );
}

// Who transcodes, and what.
function WorkerTable({ workers }: { workers: readonly Worker[] }) {
  return (
    <div class="cluster-table" data-testid="workers">
      <table>
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">At once</th>
            <th scope="col">Does</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <WorkerRow key={worker.name} worker={worker} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function WorkerRow({ worker }: { worker: Worker }) {
  return (
    <tr>
      <th scope="row">{worker.name}</th>
      <td>{worker.slots}</td>
      <td>
        {worker.doing.length === 0 && '–'}
        {worker.doing.map((doing, index) => (
          <span key={`${doing.video} ${doing.work} ${doing.chunk}`}>
            {index > 0 && ', '}
            {workText(doing)} of <a href={`/videos/${doing.video}`}>{doing.video}</a>
          </span>
        ))}
      </td>
    </tr>
  );
}
