import { columns, record } from './sampleColumns.ts';
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
  /** What BigQuery says of it, but for its place and times; `null`: it has no such table (any more). */
  readonly resource: TableResource | null;
  readonly times?: SampleTimes;
  readonly streaming?: SampleStreaming;
  readonly fault?: StandInFault;
  readonly latencyMs?: number;
}

/** Ages are in seconds before the start of the stand-in. */
export interface SampleTimes {
  /** ISO 8601. */
  readonly created: string;
  /** Age of the last change; `null`: none since it was created. */
  readonly changedAgo: bigint | null;
  /** Seconds after the start of the stand-in; without it, never. */
  readonly expiresIn?: bigint;
}

/** Rows that were streamed in and are not counted yet. */
export interface SampleStreaming {
  readonly rows: bigint;
  readonly bytes: bigint;
  readonly oldestAgo: bigint;
}

/** Ages are in seconds before now. */
export interface SampleCached {
  /** `null`: no refresh ever succeeded. */
  readonly refreshedAgo: bigint | null;
  readonly failed?: { readonly ago: bigint; readonly message: string };
  /** How many rows per thousand of today's the table had then. */
  readonly perMille?: bigint;
  /** Columns that it got since then. */
  readonly withoutColumns?: readonly string[];
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
    times: { created: '2021-03-01T08:12:44Z', changedAgo: 6n * MINUTE },
    resource: {
      type: 'TABLE',
      numRows: '48213907',
      numBytes: '9642781400',
      numTotalLogicalBytes: '9642781400',
      timePartitioning: { type: 'DAY', field: 'order_date' },
      clustering: { fields: ['country', 'customer_id'] },
      schema: columns(
        'order_id:INTEGER! order_date:DATE! customer_id:INTEGER country:STRING status:STRING total_eur:NUMERIC',
        {
          order_id: 'Given by the shop; unique over all shops.',
          order_date: 'Day on which the order came in, in UTC.',
          country: 'Of the delivery, as two letters (ISO 3166).',
          status: 'One of open, paid, sent, returned, cancelled.',
          total_eur: 'With VAT, before vouchers.',
        },
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
    times: { created: '2021-03-01T08:15:02Z', changedAgo: 3n * DAY },
    resource: {
      type: 'TABLE',
      numRows: '171904336',
      numBytes: '22347563680',
      timePartitioning: { type: 'MONTH', field: 'order_date' },
      clustering: { fields: ['sku'] },
      schema: columns(
        'order_id:INTEGER line:INTEGER order_date:DATE sku:STRING quantity:INTEGER price_eur:NUMERIC',
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
    // A clean-up has taken away more than half of them since then.
    cached: { refreshedAgo: 31n * HOUR, perMille: 2_614n },
    times: { created: '2022-06-14T10:41:19Z', changedAgo: 5n * HOUR },
    resource: {
      type: 'TABLE',
      numRows: '3127448',
      numBytes: '1438626080',
      clustering: { fields: ['country'] },
      schema: columns('customer_id:INTEGER country:STRING region:STRING created_at:TIMESTAMP segment:STRING'),
    },
  },
  {
    id: 'daily_revenue',
    folder: 'Sales',
    description: 'Revenue by day and country. A view: it has no rows of its own.',
    dataset: 'sales',
    sourceTable: 'daily_revenue',
    cached: { refreshedAgo: 2n * HOUR },
    times: { created: '2023-09-05T13:30:00Z', changedAgo: 40n * DAY },
    resource: {
      type: 'VIEW',
      numRows: '0',
      numBytes: '0',
      schema: columns('order_date:DATE country:STRING revenue_eur:NUMERIC orders:INTEGER'),
    },
  },
  {
    id: 'orders_year_end',
    folder: 'Sales',
    description: 'Orders as they stood when the books were closed.',
    dataset: 'sales',
    sourceTable: 'orders_2025_12_31',
    cached: { refreshedAgo: 9n * HOUR },
    times: { created: '2026-01-01T00:05:00Z', changedAgo: null, expiresIn: 400n * DAY },
    resource: {
      type: 'SNAPSHOT',
      numRows: '41876553',
      numBytes: '8375310600',
      timePartitioning: { type: 'DAY', field: 'order_date' },
      schema: columns(
        'order_id:INTEGER order_date:DATE customer_id:INTEGER country:STRING status:STRING total_eur:NUMERIC',
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
    times: { created: '2020-11-20T16:00:00Z', changedAgo: 2n * MINUTE },
    resource: {
      type: 'TABLE',
      numRows: '9218447310',
      numBytes: '4194304512000',
      numTotalLogicalBytes: '4194304512000',
      numLongTermBytes: '3670016448000',
      timePartitioning: { type: 'HOUR' },
      clustering: { fields: ['event_name', 'session_id'] },
      schema: columns(
        'event_name:STRING! session_id:STRING page:STRING user_agent:STRING properties:JSON experiments:STRING*',
        {
          event_name: 'Such as page_view, add_to_basket, purchase.',
          experiments: 'Names of the experiments that the session took part in.',
        },
        [
          record(
            'device',
            columns('category:STRING is_mobile:BOOLEAN', { category: 'One of phone, tablet, desktop.' }, [
              record('screen', columns('width:INTEGER height:INTEGER pixel_ratio:FLOAT')),
            ]),
            { description: 'What the browser says of itself.' },
          ),
          record('items', columns('sku:STRING! quantity:INTEGER price_eur:NUMERIC'), {
            mode: 'REPEATED',
            description: 'Articles that the event is about.',
          }),
        ],
      ),
    },
    streaming: { rows: 48_210n, bytes: 21_935_550n, oldestAgo: 4n * MINUTE },
  },
  {
    id: 'campaign_costs',
    folder: 'Marketing',
    description: 'Spending by campaign, from a spreadsheet. External: BigQuery does not count it.',
    dataset: 'marketing',
    sourceTable: 'campaign_costs',
    cached: { refreshedAgo: 95n * MINUTE },
    times: { created: '2024-01-15T09:20:31Z', changedAgo: 20n * DAY },
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
    times: { created: '2022-02-02T11:05:57Z', changedAgo: 4n * HOUR },
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
    times: { created: '2024-04-18T07:45:10Z', changedAgo: 1n * HOUR },
    resource: {
      type: 'MATERIALIZED_VIEW',
      numRows: '0',
      numBytes: '0',
      clustering: { fields: ['campaign'] },
      schema: columns('campaign:STRING order_date:DATE orders:INTEGER revenue_eur:NUMERIC'),
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
    cached: { refreshedAgo: 50n * MINUTE, withoutColumns: ['currency', 'due_on'] },
    times: { created: '2021-03-01T09:00:00Z', changedAgo: 11n * HOUR },
    resource: {
      type: 'TABLE',
      numRows: '46987120',
      numBytes: '5638454400',
      rangePartitioning: { field: 'invoice_id', range: { start: '0', end: '100000000', interval: '100000' } },
      schema: columns(
        'invoice_id:INTEGER! order_id:INTEGER sent_on:DATE net_eur:NUMERIC vat_eur:NUMERIC currency:STRING due_on:DATE',
        { currency: 'ISO 4217, such as EUR.' },
      ),
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
    times: { created: '2026-01-02T03:00:00Z', changedAgo: 7n * HOUR },
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
      schema: columns('entry_id:INTEGER booked_on:DATE account:STRING cost_center:STRING amount_eur:NUMERIC'),
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
    times: { created: '2021-07-30T12:00:00Z', changedAgo: 12n * DAY },
    resource: {
      type: 'TABLE',
      numRows: '18404',
      numBytes: '2944640',
      timePartitioning: { type: 'MONTH', field: 'paid_on' },
      schema: columns('employee_id:INTEGER paid_on:DATE gross_eur:NUMERIC'),
    },
  },
  {
    id: 'budget',
    folder: 'Finance',
    description: null,
    dataset: 'finance',
    sourceTable: 'budget',
    cached: null,
    times: { created: '2025-11-03T14:22:08Z', changedAgo: 35n * DAY },
    resource: {
      type: 'TABLE',
      numRows: '2160',
      numBytes: '172800',
      schema: columns('cost_center:STRING month:DATE planned_eur:NUMERIC'),
    },
  },
];
