import * as l10n from '@vscode/l10n';
import type { StreamingBuffer, TableInspection } from '../../core/cachedMetadata.ts';
import { singleLine } from '../../core/displayText.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import { formatAge, formatBytes, formatInstant, formatRows } from '../../core/humanize.ts';
import type { Fact, FactsSection } from '../../webview/details/detailsMessages.ts';
import { actionTitle } from '../failureActionTexts.ts';
import type { DetailsInput } from './detailsInput.ts';
import { plain } from './factsContent.ts';
import { ageAndTime, type TimeContext } from './timeTexts.ts';

/** What BigQuery alone knows, asked when the details were opened. */
export function inspectionSection(input: DetailsInput): FactsSection {
  const { inspection, capabilities } = input;
  const { value, failure } = inspection;
  return {
    heading: l10n.t('In BigQuery'),
    sentences: sentences(input),
    facts: capabilities.columnTypes && value !== undefined ? factsOf(value, input) : [],
    button:
      failure === undefined
        ? null
        : {
            action: 'helpInspection',
            label: actionTitle(describeFailure(failure).action),
            obstacle: inspection.isLoading ? l10n.t('BigQuery is being asked.') : null,
          },
  };
}

function sentences(input: DetailsInput): string[] {
  const { inspection, capabilities } = input;
  if (!capabilities.columnTypes) {
    return [
      l10n.t('Streaming buffer, creation, expiration and location are not available from the Agnes server.'),
    ];
  }
  const { value, failure, isLoading } = inspection;
  const list = failure === undefined ? [] : [describeFailure(failure).message];
  // After a failure it is what an earlier answer said.
  if (value !== undefined) list.push(l10n.t('Asked {0}.', ageAndTime(value.observedAt, input)));
  else if (failure === undefined && isLoading) list.push(l10n.t('Asking BigQuery…'));
  return list;
}

function factsOf(
  { streamingBuffer, createdAt, expiresAt, location }: TableInspection,
  context: TimeContext,
): Fact[] {
  const facts = [streamingFact(streamingBuffer, context)];
  if (createdAt !== null) facts.push(instantFact(l10n.t('Created'), createdAt, context));
  facts.push(
    expiresAt === null
      ? plain(l10n.t('Expires'), l10n.t('never'))
      : plain(l10n.t('Expires'), formatInstant(expiresAt, context.timeZone)),
  );
  const place = singleLine(location ?? '', 80);
  if (place !== '') facts.push(plain(l10n.t('Location'), place));
  return facts;
}

function instantFact(label: string, at: bigint, { now, timeZone }: TimeContext): Fact {
  return plain(label, formatAge(at, now), { note: formatInstant(at, timeZone) });
}

/** Rows on their way are not counted among the table's. */
function streamingFact(buffer: StreamingBuffer | null, context: TimeContext): Fact {
  const label = l10n.t('Streaming buffer');
  if (buffer === null) return plain(label, l10n.t('empty'));
  const { estimatedRows, estimatedBytes, oldestEntryAt } = buffer;
  const amounts = [
    estimatedRows === null ? undefined : formatRows(estimatedRows),
    estimatedBytes === null ? undefined : formatBytes(estimatedBytes),
  ].filter((amount) => amount !== undefined);
  const value = amounts.length === 0 ? l10n.t('in use') : l10n.t('about {0}', amounts.join(', '));
  const oldest =
    oldestEntryAt === null ? null : l10n.t('oldest entry {0}', ageAndTime(oldestEntryAt, context));
  return plain(label, value, { note: oldest });
}
