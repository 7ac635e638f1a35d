import type { ComplianceOutput } from '@flotilla/contracts'

const listed = (ids: readonly string[]): string => (ids.length === 0 ? '-' : ids.join(', '))

/** The weekly report in Markdown. People appear by id alone. */
export const writeReport = ({
  asOf,
  overdueTotal,
  rate,
  standings,
  findings,
}: Omit<ComplianceOutput, 'report' | 'outcome'>): string =>
  [
    `# Training compliance on ${asOf}`,
    '',
    `Duties kept: ${(rate * 100).toFixed(1)} %. Overdue: ${overdueTotal}.`,
    '',
    '| role | training | people | overdue | due soon |',
    '| --- | --- | ---: | --- | --- |',
    ...standings.map(
      ({ role, training, people, overdue, dueSoon }) =>
        `| ${role} | ${training} | ${people} | ${listed(overdue)} | ${listed(dueSoon)} |`,
    ),
    ...(findings.length === 0 ? [] : ['', '## The register itself', '']),
    ...findings.map(({ code, text }) => `- ${code}: ${text}`),
    '',
  ].join('\n')
