/** What a contending window prints, a line each. */
export type Told =
  /** One holding of the lock, by the machine's monotonic clock, in nanoseconds. */
  | { readonly kind: 'held'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'outcome';
      readonly tableId: string;
      readonly stored: string;
      readonly observedAt: string;
      readonly rows: string;
      /** Whether BigQuery was asked for it. */
      readonly asked: boolean;
    }
  | {
      readonly kind: 'round';
      readonly what: 'run' | 'joined' | 'single';
      readonly endedBy: string | null;
      readonly failed: number;
    };
