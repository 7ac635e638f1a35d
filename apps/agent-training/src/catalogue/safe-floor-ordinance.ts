import { fact, type CatalogueEntry } from './entry.js'

/** The Safe Floor Ordinance: invented. */
export const safeFloorOrdinance: readonly CatalogueEntry[] = [
  {
    id: 'evacuation',
    regulation: 'safe-floor-ordinance',
    title: 'Leaving the building',
    severity: 'high',
    roles: [],
    facts: [
      fact(
        'evacuation-at-once',
        'Upon activation of the acoustic alarm, the premises shall be vacated instantaneously and without retrieval of personal belongings, employing exclusively stairways designated for that purpose.',
        'When the alarm sounds, leave at once. Take the stairs and leave your things behind.',
        {
          question: 'What do you do when the alarm sounds?',
          case: 'The alarm sounds while you are on the fourth floor. Your coat is in the next room. What do you do?',
          answer: 'Leave at once by the stairs, without my things',
          wrong: ['Fetch my things first', 'Take the lift', 'Wait for a mail that says if it is real'],
        },
      ),
      fact(
        'evacuation-assembly',
        'Evacuated personnel shall congregate at the assembly location and remain there pending confirmation of complete attendance by the warden.',
        'Go to the meeting point and stay there until the warden has counted all.',
        {
          question: 'When may you leave the meeting point?',
          case: 'You stand at the meeting point, it rains, and a shop is close by. When may you go there?',
          answer: 'When the warden has counted all',
          wrong: ['When it rains', 'After ten minutes', 'When I see no smoke'],
        },
      ),
    ],
    media: {
      kind: 'image',
      path: 'media/floor-plan.png',
      title: 'Floor plan with the ways out',
      shows: 'A floor plan: two green arrows lead by the stairs to the meeting point in the yard.',
      transcript: null,
      minutes: null,
    },
  },
  {
    id: 'lifting',
    regulation: 'safe-floor-ordinance',
    title: 'Lifting loads',
    severity: 'medium',
    roles: ['warehouse'],
    facts: [
      fact(
        'lifting-limit',
        'Manual manipulation of loads exceeding twenty kilogrammes by an unaccompanied individual is prohibited; mechanical equipment or a second individual shall be employed.',
        'Never lift more than 20 kilos alone. Take a truck or ask for help.',
        {
          question: 'How much may you lift alone?',
          case: 'A box of 24 kilos blocks the way and the truck is in use. What do you do?',
          answer: 'At most 20 kilos; else I get help',
          wrong: ['As much as I can', 'At most 40 kilos', 'At most 24 kilos, if it is quick'],
        },
      ),
    ],
    media: null,
  },
  {
    id: 'near-misses',
    regulation: 'safe-floor-ordinance',
    title: 'Telling of near misses',
    severity: 'low',
    roles: [],
    facts: [
      fact(
        'near-miss-24-hours',
        'Occurrences which under marginally dissimilar circumstances would have occasioned bodily injury shall be communicated to the safety representative within twenty-four hours.',
        'Did someone almost get hurt? Tell the safety team within 24 hours.',
        {
          question: 'What do you do when someone almost got hurt?',
          case: 'A pallet fell next to a man, who was not hurt. What do you do?',
          answer: 'Tell the safety team within 24 hours',
          wrong: ['Nothing, nobody was hurt', 'Tell the safety team at year end', 'Put up a sign'],
        },
      ),
    ],
    media: null,
  },
  {
    id: 'tidy-ways',
    regulation: 'safe-floor-ordinance',
    title: 'Keeping ways free',
    severity: 'low',
    roles: [],
    facts: [
      fact(
        'ways-free',
        'Circulation areas and emergency exits shall be maintained continuously unobstructed, temporary depositing of materials notwithstanding its duration included.',
        'Keep ways and exits free at all times, even for a moment.',
        {
          question: 'For how long may things stand in front of an exit?',
          case: 'A driver wants to leave ten boxes at the exit for five minutes. What do you say?',
          answer: 'Not at all',
          wrong: ['For five minutes', 'As long as I am near', 'Over night'],
        },
      ),
    ],
    media: null,
  },
]
