import { STAND_IN_FAULTS, type StandInFault } from './standInFaults.ts';
import type { TableResource } from './tableResource.ts';

export const SAMPLE_PROJECT = 'agnes-sample';
/** Project that one registration points into by its `bq_fqn`. */
const OTHER_PROJECT = 'agnes-sample-eu';

/** How long the one slow table takes: long enough to watch a refresh and to cancel it. */
const SLOW_MS = 3_000;
/** Of every other table: about what the service takes. */
export const SAMPLE_LATENCY_MS = 120;

const MINUTE = 60n;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;

/** One table of the sample catalog: what is registered, what is cached of it, and what BigQuery will say. */
export interface SampleTable {
  readonly id: string;
  readonly folder: string;
  readonly description: string | null;
  /** Dataset, or where `fqn` is set only a label. */
  readonly dataset: string;
  /** `null`: the id names it. */
  readonly sourceTable: string | null;
  readonly fqn?: string;
  readonly hasAccessPolicy?: boolean;
  /** `null`: was never fetched. */
  readonly cached: SampleCached | null;
  /** `null`: BigQuery has no such table (any more). */
  readonly resource: TableResource | null;
  readonly fault?: StandInFault;
  readonly latencyMs?: number;
}

/** Ages are in seconds before now. */
export interface SampleCached {
  /** `null`: no refresh ever succeeded. */
  readonly refreshedAgo: bigint | null;
  readonly failed?: { readonly ago: bigint; readonly message: string };
  /** How many rows per thousand of today's the table had then. */
  readonly perMille?: bigint;
}

/** About a dozen tables in three datasets: every freshness, every entity type, every kind of partitioning, every bad day. */
export const SAMPLE_TABLES: readonly SampleTable[] = [
  {
    id: 'orders',
    folder: 'Sales',
    description: 'One row per order, from all shops. Cancelled orders stay, with status "cancelled".',
    dataset: 'sales',
    sourceTable: 'orders',
    cached: { refreshedAgo: 25n * MINUTE, perMille: 998n },
    resource: {
      type: 'TABLE',
      numRows: '48213907',
      numBytes: '9642781400',
      numTotalLogicalBytes: '9642781400',
      timePartitioning: { type: 'DAY', field: 'order_date' },
      clustering: { fields: ['country', 'customer_id'] },
      schema: columns(
        'order_id:INT64 order_date:DATE customer_id:INT64 country:STRING status:STRING total_eur:NUMERIC',
      ),
    },
  },
  {
    id: 'order_lines',
    folder: 'Sales',
    description: 'Articles of each order.',
    dataset: 'sales',
    sourceTable: 'order_lines',
    cached: { refreshedAgo: 26n * MINUTE, perMille: 998n },
    resource: {
      type: 'TABLE',
      numRows: '171904336',
      numBytes: '22347563680',
      timePartitioning: { type: 'MONTH', field: 'order_date' },
      clustering: { fields: ['sku'] },
      schema: columns(
        'order_id:INT64 line:INT64 order_date:DATE sku:STRING quantity:INT64 price_eur:NUMERIC',
      ),
    },
  },
  {
    id: 'customers',
    folder: 'Sales',
    description: 'Customers with consent. A row access policy limits it to one’s own region.',
    dataset: 'sales',
    sourceTable: 'customers_current',
    hasAccessPolicy: true,
    cached: { refreshedAgo: 31n * HOUR, perMille: 991n },
    resource: {
      type: 'TABLE',
      numRows: '3127448',
      numBytes: '1438626080',
      clustering: { fields: ['country'] },
      schema: columns('customer_id:INT64 country:STRING region:STRING created_at:TIMESTAMP segment:STRING'),
    },
  },
  {
    id: 'daily_revenue',
    folder: 'Sales',
    description: 'Revenue by day and country. A view: it has no rows of its own.',
    dataset: 'sales',
    sourceTable: 'daily_revenue',
    cached: { refreshedAgo: 2n * HOUR },
    resource: {
      type: 'VIEW',
      numRows: '0',
      numBytes: '0',
      schema: columns('order_date:DATE country:STRING revenue_eur:NUMERIC orders:INT64'),
    },
  },
  {
    id: 'orders_year_end',
    folder: 'Sales',
    description: 'Orders as they stood when the books were closed.',
    dataset: 'sales',
    sourceTable: 'orders_2025_12_31',
    cached: { refreshedAgo: 9n * HOUR },
    resource: {
      type: 'SNAPSHOT',
      numRows: '41876553',
      numBytes: '8375310600',
      timePartitioning: { type: 'DAY', field: 'order_date' },
      schema: columns(
        'order_id:INT64 order_date:DATE customer_id:INT64 country:STRING status:STRING total_eur:NUMERIC',
      ),
    },
  },
  {
    id: 'web_events',
    folder: 'Marketing',
    description: 'Raw events of the web shop, by time of ingestion.',
    dataset: 'marketing',
    sourceTable: 'web_events',
    cached: {
      refreshedAgo: 3n * HOUR,
      failed: {
        ago: 20n * MINUTE,
        message:
          'accessDenied: no access to agnes-sample.marketing.web_events: Access Denied: Permission bigquery.tables.get denied on table (or it may not exist).',
      },
      perMille: 999n,
    },
    resource: {
      type: 'TABLE',
      numRows: '9218447310',
      numBytes: '4194304512000',
      numTotalLogicalBytes: '4194304512000',
      numLongTermBytes: '3670016448000',
      timePartitioning: { type: 'HOUR' },
      clustering: { fields: ['event_name', 'session_id'] },
      schema: columns('event_name:STRING session_id:STRING page:STRING user_agent:STRING properties:JSON'),
    },
  },
  {
    id: 'campaign_costs',
    folder: 'Marketing',
    description: 'Spending by campaign, from a spreadsheet. External: BigQuery does not count it.',
    dataset: 'marketing',
    sourceTable: 'campaign_costs',
    cached: { refreshedAgo: 95n * MINUTE },
    resource: {
      type: 'EXTERNAL',
      numRows: '0',
      numBytes: '0',
      schema: columns('campaign:STRING month:DATE channel:STRING cost_eur:NUMERIC'),
    },
  },
  {
    id: 'ad_clicks',
    folder: 'Marketing',
    description: 'Clicks on advertisements. BigQuery takes its time with this one.',
    dataset: 'marketing',
    sourceTable: null,
    cached: { refreshedAgo: 12n * HOUR, perMille: 974n },
    latencyMs: SLOW_MS,
    resource: {
      type: 'TABLE',
      numRows: '613220984',
      numBytes: '73586518080',
      timePartitioning: { type: 'DAY', field: 'clicked_on' },
      clustering: { fields: ['campaign'] },
      schema: columns('click_id:STRING clicked_on:DATE campaign:STRING country:STRING cost_eur:NUMERIC'),
    },
  },
  {
    id: 'attribution',
    folder: 'Marketing',
    description: 'Orders by the campaign that brought them, kept up to date by BigQuery.',
    dataset: 'marketing',
    sourceTable: 'attribution_mv',
    cached: { refreshedAgo: 70n * MINUTE },
    resource: {
      type: 'MATERIALIZED_VIEW',
      numRows: '0',
      numBytes: '0',
      clustering: { fields: ['campaign'] },
      schema: columns('campaign:STRING order_date:DATE orders:INT64 revenue_eur:NUMERIC'),
    },
  },
  {
    id: 'campaign_archive',
    folder: 'Marketing',
    description: 'Campaigns before 2022. The table is gone from BigQuery; the registration is not.',
    dataset: 'marketing',
    sourceTable: 'campaigns_before_2022',
    cached: {
      refreshedAgo: null,
      failed: {
        ago: 4n * HOUR,
        message:
          'provider returned no data: BigQuery has no table agnes-sample.marketing.campaigns_before_2022',
      },
    },
    resource: null,
  },
  {
    id: 'invoices',
    folder: 'Finance',
    description: 'Invoices sent, with VAT.',
    dataset: 'finance',
    sourceTable: 'invoices',
    cached: { refreshedAgo: 50n * MINUTE, perMille: 1_000n },
    resource: {
      type: 'TABLE',
      numRows: '46987120',
      numBytes: '5638454400',
      rangePartitioning: { field: 'invoice_id', range: { start: '0', end: '100000000', interval: '100000' } },
      schema: columns('invoice_id:INT64 order_id:INT64 sent_on:DATE net_eur:NUMERIC vat_eur:NUMERIC'),
    },
  },
  {
    id: 'ledger',
    folder: 'Finance',
    description: 'General ledger. Its physical place is another project, named in the registration.',
    dataset: 'finance',
    sourceTable: 'ledger',
    fqn: `${OTHER_PROJECT}.accounting.ledger`,
    cached: null,
    resource: {
      type: 'TABLE',
      cloneDefinition: {
        baseTableReference: { projectId: OTHER_PROJECT, datasetId: 'books', tableId: 'ledger' },
        cloneTime: '2026-01-02T03:00:00.000Z',
      },
      numRows: '8230116',
      numBytes: '1316818560',
      timePartitioning: { type: 'YEAR', field: 'booked_on' },
      clustering: { fields: ['account', 'cost_center'] },
      schema: columns('entry_id:INT64 booked_on:DATE account:STRING cost_center:STRING amount_eur:NUMERIC'),
    },
  },
  {
    id: 'payroll',
    folder: 'Finance',
    description: 'Salaries. Most accounts may not read it.',
    dataset: 'finance',
    sourceTable: 'payroll',
    cached: {
      refreshedAgo: 6n * DAY,
      failed: {
        ago: 5n * HOUR,
        message:
          'accessDenied: no access to agnes-sample.finance.payroll: Access Denied: Permission bigquery.tables.get denied on table (or it may not exist).',
      },
    },
    fault: STAND_IN_FAULTS.accessDenied,
    resource: {
      type: 'TABLE',
      numRows: '18404',
      numBytes: '2944640',
      timePartitioning: { type: 'MONTH', field: 'paid_on' },
      schema: columns('employee_id:INT64 paid_on:DATE gross_eur:NUMERIC'),
    },
  },
  {
    id: 'budget',
    folder: 'Finance',
    description: null,
    dataset: 'finance',
    sourceTable: 'budget',
    cached: null,
    resource: {
      type: 'TABLE',
      numRows: '2160',
      numBytes: '172800',
      schema: columns('cost_center:STRING month:DATE planned_eur:NUMERIC'),
    },
  },
];

/** `name:TYPE name:TYPE …` */
function columns(text: string): NonNullable<TableResource['schema']> {
  const fields = text.split(' ').map((column) => {
    const [name = '', type = ''] = column.split(':');
    return { name, type, mode: 'NULLABLE' };
  });
  return { fields };
}
