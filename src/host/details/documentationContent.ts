import * as l10n from '@vscode/l10n';
import type { TableDetails } from '../../core/cachedMetadata.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import { textBlock } from '../../core/textBlock.ts';
import type { DocumentationSection } from '../../webview/details/detailsMessages.ts';
import type { DetailsInput } from './detailsInput.ts';

/** What somebody wrote of the table in Agnes. */
export function documentationSection(input: DetailsInput): DocumentationSection {
  const { value } = input.details;
  const paragraphs = value === undefined ? [] : paragraphsOf(value);
  const gotchas = value === undefined ? null : gotchasOf(value);
  return {
    heading: l10n.t('Documentation'),
    sentences: sentences(input, paragraphs.length === 0 && gotchas === null),
    paragraphs,
    gotchas,
  };
}

function paragraphsOf({
  description,
  grain,
  thingsToKnow,
}: TableDetails): DocumentationSection['paragraphs'] {
  const texts: [string, string | null][] = [
    [l10n.t('Description'), description],
    [l10n.t('Grain'), grain],
    [l10n.t('Things to know'), thingsToKnow],
  ];
  return texts.flatMap(([label, text]) => {
    const block = textBlock(text ?? '');
    return block === '' ? [] : [{ label, text: block }];
  });
}

/** The key ones first, otherwise in their order. */
function gotchasOf({ gotchas }: TableDetails): DocumentationSection['gotchas'] {
  const items = gotchas
    .map(({ text, isKey }) => ({ text: textBlock(text), isKey }))
    .filter(({ text }) => text !== '')
    .sort((a, b) => Number(b.isKey) - Number(a.isKey));
  return items.length === 0 ? null : { label: l10n.t('Gotchas'), keyWord: l10n.t('key'), items };
}

function sentences({ details, capabilities }: DetailsInput, isEmpty: boolean): string[] {
  if (details.failure !== undefined)
    return [l10n.t('The documentation could not be read: {0}', describeFailure(details.failure).message)];
  if (details.value === undefined) return details.isLoading ? [l10n.t('Reading the documentation…')] : [];
  if (!capabilities.documentation)
    return [l10n.t('Grain, gotchas and things to know are not available from the Agnes server.')];
  return isEmpty ? [l10n.t('Nobody has documented this table in Agnes yet.')] : [];
}
