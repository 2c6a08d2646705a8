/**
 * Text for a notification that holds names from outside. VS Code makes a link of `[text](command:…)` there, and follows it
 * to any command; a space between the brackets takes that away and leaves the name readable.
 */
export function notificationText(text: string): string {
  return text.replaceAll('](', '] (');
}
