import type { SampleRow } from '../core/sampleRow.ts';

/** What somebody wrote of a table of the sample catalog. */
export type SampleDocumentation = Pick<SampleRow['registration'], 'grain' | 'gotchas' | 'thingsToKnow'>;

const NOTHING_WRITTEN: SampleDocumentation = { grain: null, gotchas: [], thingsToKnow: null };

/** Documentation of a table of the sample catalog; not everybody writes some. */
export function sampleDocumentation(tableId: string): SampleDocumentation {
  return DOCUMENTATION.get(tableId) ?? NOTHING_WRITTEN;
}

const DOCUMENTATION: ReadonlyMap<string, SampleDocumentation> = new Map([
  [
    'orders',
    {
      grain: 'One row per order; an order that is changed later keeps its row.',
      gotchas: [
        { text: 'Cancelled orders are in it. Filter status <> "cancelled" for revenue.', isKey: true },
        { text: 'total_eur is before vouchers.', isKey: false },
      ],
      thingsToKnow:
        'Shops send their orders every ten minutes.\nOrders of the partner shops have come with them since March 2023.',
    },
  ],
  [
    'order_lines',
    {
      grain: 'One row per article of an order.',
      gotchas: [{ text: 'Join on order_id and order_date, or the whole table is read.', isKey: true }],
      thingsToKnow: 'Loaded by a job of its own, which can be days behind the orders.',
    },
  ],
  [
    'customers',
    {
      grain: 'One row per customer who has given consent.',
      gotchas: [
        { text: 'You see the customers of your own region only, so counts differ by person.', isKey: true },
      ],
      thingsToKnow: 'Who withdraws the consent is deleted with the next clean-up: the count can fall.',
    },
  ],
  [
    'daily_revenue',
    {
      grain: 'One row per day and country.',
      gotchas: [],
      thingsToKnow: 'Days end at midnight in UTC.',
    },
  ],
  [
    'web_events',
    {
      grain: 'One row per event, as the browser sent it.',
      gotchas: [
        { text: 'Name a range of _PARTITIONTIME: without one, four terabytes are read.', isKey: true },
        { text: 'Robots are not filtered out.', isKey: false },
        { text: 'Events of the last minutes may still be in the streaming buffer.', isKey: false },
      ],
      thingsToKnow: 'Kept for two years. session_id changes at midnight.',
    },
  ],
  [
    'invoices',
    {
      grain: 'One row per invoice that was sent; corrections are invoices of their own.',
      gotchas: [
        { text: 'Amounts are in the currency of the invoice, whatever their names say.', isKey: true },
      ],
      thingsToKnow: null,
    },
  ],
]);
