import * as l10n from '@vscode/l10n';
import { singleLine } from '../../core/displayText.ts';
import { describeReason } from '../../core/failureTexts.ts';
import { formatAge, formatBytes, formatCount, formatInstant, formatSpan } from '../../core/humanize.ts';
import { formatAddress, resolveAddress } from '../../core/tableAddress.ts';
import type { Fact, FactsSection } from '../../webview/details/detailsMessages.ts';
import { hidesColumns } from '../policiedColumns.ts';
import type { DetailsInput } from './detailsInput.ts';
import { thresholdReason } from './stateContent.ts';
import { ageAndTime } from './timeTexts.ts';

/** Every cached field, with the two clocks apart. */
export function factsSection(input: DetailsInput): FactsSection {
  const { registration } = input.view;
  const facts = [
    plain(l10n.t('Id'), singleLine(registration.id, 300), { isCode: true }),
    fullName(input),
    ...folder(input),
    ...typeAndNumbers(input),
    ...layout(input),
    checked(input),
    dataChanged(input),
    ...dataAge(input),
  ];
  return { heading: l10n.t('Overview'), sentences: [], facts, button: null };
}

/** A fact without a mark. */
export function plain(
  label: string,
  value: string,
  { note = null, isCode = false }: Partial<Pick<Fact, 'note' | 'isCode'>> = {},
): Fact {
  return { label, value, note, isCode, severity: null };
}

function fullName({ view, address, isServer, capabilities }: DetailsInput): Fact {
  const label = l10n.t('Full name');
  if (address !== undefined) return plain(label, formatAddress(address), { isCode: true });
  if (!capabilities.dataset) {
    return plain(label, l10n.t('The Agnes server tells dataset and address to its administrators alone.'));
  }
  // No project is needed to tell whether the row itself is at fault.
  if (resolveAddress(view.registration, undefined).kind === 'invalid')
    return plain(label, describeReason('invalidIdentifier').message);
  return plain(
    label,
    isServer
      ? l10n.t('The Agnes server does not tell its BigQuery project.')
      : describeReason('notConfigured').message,
  );
}

function folder({ view, details, capabilities }: DetailsInput): Fact[] {
  const name = singleLine(details.value?.folder ?? view.registration.folder ?? '', 200);
  if (name !== '') return [plain(l10n.t('Folder'), name)];
  return capabilities.folder ? [plain(l10n.t('Folder'), l10n.t('none'))] : [];
}

function typeAndNumbers({ view: { cached } }: DetailsInput): Fact[] {
  const unknown = l10n.t('not known');
  const type = singleLine(cached?.entityType ?? '', 80);
  const bytes = cached?.sizeBytes ?? null;
  return [
    type === '' ? plain(l10n.t('Type'), unknown) : plain(l10n.t('Type'), type, { isCode: true }),
    plain(l10n.t('Rows'), cached?.rows == null ? unknown : formatCount(cached.rows)),
    bytes === null
      ? plain(l10n.t('Size'), unknown)
      : plain(l10n.t('Size'), formatBytes(bytes), {
          note: bytes === 1n ? l10n.t('1 byte') : l10n.t('{0} bytes', formatCount(bytes)),
        }),
  ];
}

function layout(input: DetailsInput): Fact[] {
  const { cached } = input.view;
  // Nothing is known of a table that was never fetched; what it has not is known of one that was.
  if (cached?.refreshedAt == null) return [];
  if (hidesColumns(input.view.registration, input.showsPolicied)) {
    const text = l10n.t('hidden, because the table has an access policy');
    return [plain(l10n.t('Partitioned by'), text), plain(l10n.t('Clustered by'), text)];
  }
  const none = l10n.t('nothing');
  const clusters = (cached.clusteredBy ?? []).map((name) => singleLine(name, 200)).join(', ');
  return [
    cached.partitionBy === null
      ? plain(l10n.t('Partitioned by'), none)
      : plain(l10n.t('Partitioned by'), singleLine(cached.partitionBy, 200), { isCode: true }),
    clusters === ''
      ? plain(l10n.t('Clustered by'), none)
      : plain(l10n.t('Clustered by'), clusters, { isCode: true }),
  ];
}

function checked(input: DetailsInput): Fact {
  const { view, now, timeZone } = input;
  const at = view.cached?.refreshedAt ?? null;
  if (at === null) return plain(l10n.t('Checked'), l10n.t('never'));
  return plain(l10n.t('Checked'), formatAge(at, now), {
    note: l10n.t('{0}. {1}', formatInstant(at, timeZone), thresholdReason(input)),
  });
}

/** The second clock: when the data changed, as it is remembered, by which the tree judges it too. */
function dataChanged(input: DetailsInput): Fact {
  const label = l10n.t('Data changed');
  const { view, now, timeZone, capabilities } = input;
  const known = view.lastModified;
  if (known !== undefined) {
    const observed = l10n.t('observed {0}', ageAndTime(known.observedAt, input));
    return plain(label, formatAge(known.at, now), {
      note: l10n.t('{0}, {1}', formatInstant(known.at, timeZone), observed),
    });
  }
  return capabilities.lastModified
    ? plain(label, l10n.t('not known'), {
        note: l10n.t('BigQuery has not dated the data of this table in a refresh that was seen here.'),
      })
    : plain(label, l10n.t('not told by the Agnes server'));
}

function dataAge({ view }: DetailsInput): Fact[] {
  if (view.dataAge === undefined) return [];
  const { verdict, limitSeconds } = view.dataAge;
  const limit = formatSpan(limitSeconds);
  const label = l10n.t('Data age');
  switch (verdict) {
    case 'pass':
      return [plain(label, l10n.t('within the limit of {0}', limit))];
    case 'warn':
      return [{ ...plain(label, l10n.t('older than {0}: warning', limit)), severity: 'warning' }];
    case 'error':
      return [{ ...plain(label, l10n.t('older than {0}: error', limit)), severity: 'error' }];
  }
}
