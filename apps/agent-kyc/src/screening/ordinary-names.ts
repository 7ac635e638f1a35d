import { makeSeededRandom } from './seeded-random.js'
import type { SeededRandom } from './seeded-random.js'

/** An invented ordinary applicant. */
export interface OrdinaryPerson {
  readonly fullName: string
  /** ISO date, aged 18 to 75 on 1 January 2026. */
  readonly birthDate: string
  readonly culture: string
}

interface Culture {
  readonly men: readonly string[]
  readonly women: readonly string[]
  readonly families: readonly string[]
  readonly build?: (random: SeededRandom, culture: Culture, man: boolean) => string
}

const list = (text: string): readonly string[] => text.trim().split(/\s+/)

const plain = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const given = man ? culture.men : culture.women
  const second = random.chance(0.15) ? ` ${random.pick(given)}` : ''
  return `${random.pick(given)}${second} ${random.pick(culture.families)}`
}

const hispanic = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const given = man ? culture.men : culture.women
  const second = random.chance(0.35) ? ` ${random.pick(given)}` : ''
  const mother = random.chance(0.65) ? ` ${random.pick(culture.families)}` : ''
  return `${random.pick(given)}${second} ${random.pick(culture.families)}${mother}`
}

const withFemaleEnding = (family: string): string =>
  /(ov|ev|in)$/.test(family) ? `${family}a` : family.replace(/(sky|skiy|ski)$/, 'skaya')

const russian = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const family = random.pick(culture.families)
  const father = random.pick(
    list('Ivan Petr Sergey Aleksandr Vladimir Viktor Nikolay Mikhail Andrey Anatoly Igor Boris'),
  )
  const stem = father.replace(/[yi]y?$/, 'ye').replace(/^Petr$/, 'Petr')
  const patronymic = random.chance(0.45) ? ` ${stem}${stem.endsWith('ye') ? '' : 'o'}${man ? 'vich' : 'vna'}` : ''
  return `${random.pick(man ? culture.men : culture.women)}${patronymic} ${man ? family : withFemaleEnding(family)}`
}

const czech = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const family = random.pick(culture.families)
  const female = family.endsWith('ý') ? `${family.slice(0, -1)}á` : `${family.replace(/(?:e([kc])|a)$/, '$1')}ová`
  return `${random.pick(man ? culture.men : culture.women)} ${man ? family : female}`
}

const arabic = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const father = random.chance(0.5) ? ` ${random.pick(culture.men)}` : ''
  const grandfather = father !== '' && random.chance(0.3) ? ` ${random.pick(culture.men)}` : ''
  return `${random.pick(man ? culture.men : culture.women)}${father}${grandfather} ${random.pick(culture.families)}`
}

const pakistani = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const before = man && random.chance(0.35) ? 'Muhammad ' : ''
  return `${before}${random.pick(man ? culture.men : culture.women)} ${random.pick(culture.families)}`
}

const familyFirst = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const given = man ? culture.men : culture.women
  const second = random.chance(0.55) ? random.pick(given) : ''
  const family = random.pick(culture.families)
  const first = `${random.pick(given)}${second.toLowerCase()}`
  return random.chance(0.5) ? `${family} ${first}` : `${first} ${family}`
}

const korean = (random: SeededRandom, culture: Culture, man: boolean): string => {
  const given = man ? culture.men : culture.women
  const first = `${random.pick(given)}${random.pick(['-', ' ', ''])}${random.pick(given).toLowerCase()}`
  return random.chance(0.5) ? `${random.pick(culture.families)} ${first}` : `${first} ${random.pick(culture.families)}`
}

const culture = (men: string, women: string, families: string, build: Culture['build'] = plain): Culture => ({
  men: list(men),
  women: list(women),
  families: list(families),
  build,
})

const CULTURES: Readonly<Record<string, Culture>> = {
  czech: culture(
    'Jan Petr Jiří Pavel Martin Tomáš Jaroslav Miroslav Zdeněk František Václav Michal Karel Milan Lukáš Jakub David Ladislav Ondřej Marek Roman Stanislav Radek Vojtěch Filip Daniel Aleš Luboš Dominik Vít',
    'Jana Marie Eva Hana Anna Lenka Kateřina Věra Lucie Alena Petra Veronika Jaroslava Tereza Martina Jitka Michaela Helena Ludmila Zdeňka Ivana Monika Eliška Zuzana Markéta Barbora Dagmar Dana Kristýna Simona',
    'Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný Marek Pospíšil Hájek Jelínek Král Růžička Beneš Fiala Sedláček Doležal Zeman Kolář Navrátil Čermák Vaněk Urban Blažek Kříž Kratochvíl Kovář Bartoš Vlček Polák Musil Šimek Konečný Malý Holub Štěpánek Kadlec Staněk Dušek Soukup Šťastný Mareš Moravec Sýkora Tichý Valenta',
    czech,
  ),
  slovak: culture(
    'Jozef Ján Peter Štefan Milan Michal Ľubomír Marián Ivan Igor Juraj Matej Rastislav Vladimír Dušan Branislav',
    'Mária Anna Katarína Zuzana Jana Eva Monika Andrea Ľudmila Viera Silvia Adriana Iveta Oľga Gabriela Emília',
    'Horváth Kováč Varga Tóth Nagy Baláž Molnár Szabó Balog Lukáč Novák Kollár Polák Gajdoš Hudák Oravec Bielik Krajčír Sokol Mihálik',
    czech,
  ),
  polish: culture(
    'Piotr Krzysztof Andrzej Tomasz Paweł Jan Michał Marcin Jakub Adam Marek Łukasz Grzegorz Mateusz Wojciech Mariusz Dariusz Zbigniew Rafał Kamil',
    'Anna Katarzyna Maria Małgorzata Agnieszka Barbara Ewa Krystyna Magdalena Elżbieta Joanna Aleksandra Zofia Monika Teresa Danuta Natalia Karolina Marta Beata',
    'Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zając Pawłowski Michalski Król Wieczorek Jabłoński Wróbel Nowakowski Majewski Olszewski Stępień',
  ),
  german: culture(
    'Thomas Michael Andreas Peter Stefan Christian Uwe Wolfgang Klaus Jürgen Frank Markus Bernd Jens Sebastian Lukas Felix Maximilian Tobias Florian',
    'Sabine Susanne Petra Monika Claudia Birgit Andrea Martina Stefanie Ursula Anja Julia Katrin Nicole Heike Lena Laura Sophie Hannah Ute',
    'Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier Lehmann',
  ),
  english: culture(
    'James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark Donald Steven Paul Andrew Joshua George Kevin Brian Edward Ryan',
    'Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Margaret Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Laura',
    'Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris Martin Thompson Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards',
  ),
  french: culture(
    'Jean Pierre Michel André Philippe Alain Bernard Jacques Daniel Patrick Nicolas Christophe Laurent Julien Thomas Guillaume Antoine Olivier François Éric',
    'Marie Nathalie Isabelle Sylvie Catherine Françoise Monique Martine Christine Sophie Camille Céline Julie Aurélie Sandrine Valérie Hélène Chloé Brigitte Élodie',
    'Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia David Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand',
  ),
  italian: culture(
    'Giuseppe Giovanni Antonio Mario Luigi Francesco Angelo Vincenzo Pietro Salvatore Carlo Franco Marco Paolo Andrea Alessandro Roberto Stefano Luca Matteo',
    'Maria Anna Giuseppina Rosa Angela Giovanna Teresa Lucia Carmela Caterina Francesca Laura Chiara Giulia Sara Paola Elena Silvia Valentina Federica',
    'Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa Giordano Mancini Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo',
  ),
  spanish: culture(
    'Antonio José Manuel Francisco Juan David Javier Daniel Carlos Jesús Alejandro Miguel Rafael Pedro Pablo Ángel Sergio Fernando Jorge Luis Alberto Álvaro Adrián Diego Raúl Iván Rubén Enrique Óscar Ramón',
    'María Carmen Ana Isabel Laura Cristina Marta Dolores Lucía Josefa Antonia Pilar Elena Sara Paula Raquel Mercedes Beatriz Rosa Julia Silvia Irene Patricia Rocío Mónica Teresa Andrea Alba Encarnación Montserrat',
    'García González Rodríguez Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Álvarez Muñoz Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Iglesias',
    hispanic,
  ),
  mexican: culture(
    'José Juan Luis Carlos Jorge Francisco Jesús Miguel Alejandro Roberto Fernando Ricardo Eduardo Héctor Arturo Gerardo Raúl Javier Sergio Mario Alfredo Óscar Armando Rodolfo Guillermo Martín Salvador Ernesto',
    'María Guadalupe Juana Margarita Verónica Leticia Rosa Alejandra Gabriela Patricia Silvia Martha Adriana Claudia Yolanda Elizabeth Norma Araceli Teresa Lourdes Gloria Irma Karla Fernanda Ximena Daniela Mariana Brenda',
    'Hernández García Martínez López González Pérez Rodríguez Sánchez Ramírez Cruz Flores Gómez Morales Vázquez Reyes Jiménez Torres Díaz Gutiérrez Ruiz Mendoza Aguilar Ortiz Castillo Moreno Romero Álvarez Méndez Chávez Rivera Juárez Ramos Domínguez Herrera Medina Castro Vargas Guzmán Velázquez Rojas',
    hispanic,
  ),
  colombian: culture(
    'Andrés Juan Carlos Luis Jhon Óscar Diego Fabián Camilo Santiago Sebastián Hernán Álvaro Jaime Germán Mauricio Edwin Wilson Felipe Nelson',
    'Luz María Sandra Claudia Diana Paola Liliana Adriana Carolina Catalina Yolanda Esperanza Gloria Blanca Viviana Ángela Natalia Marcela Johana Mónica',
    'Rodríguez Gómez González Martínez García López Hernández Sánchez Ramírez Pérez Díaz Muñoz Rojas Moreno Jiménez Vargas Torres Castro Suárez Valencia Quintero Giraldo Zapata Restrepo Ospina Cardona Londoño Mejía Henao Bedoya',
    hispanic,
  ),
  portuguese: culture(
    'João José António Manuel Francisco Carlos Paulo Pedro Luís Rui Miguel Tiago Ricardo Bruno Nuno André Marcelo Rafael Lucas Gustavo',
    'Maria Ana Isabel Paula Sofia Teresa Helena Catarina Joana Rita Sandra Carla Patrícia Mariana Beatriz Juliana Fernanda Camila Larissa Adriana',
    'Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Jesus Sousa Fernandes Gonçalves Gomes Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares Vieira Monteiro Cardoso Rocha',
    hispanic,
  ),
  russian: culture(
    'Aleksandr Sergey Dmitry Andrey Aleksey Maksim Ivan Mikhail Nikolay Vladimir Evgeny Igor Oleg Pavel Roman Viktor Yuri Anton Denis Kirill Artem Ilya Konstantin Vadim Vitaly Anatoly Stanislav Boris Gennady Valery',
    'Elena Olga Natalia Tatiana Anna Irina Svetlana Ekaterina Maria Yulia Galina Lyudmila Nadezhda Marina Anastasia Valentina Vera Ksenia Daria Oksana Larisa Alina Polina Viktoria Lyubov',
    'Ivanov Smirnov Kuznetsov Popov Vasiliev Petrov Sokolov Mikhailov Novikov Fedorov Morozov Volkov Alekseev Lebedev Semenov Egorov Pavlov Kozlov Stepanov Nikolaev Orlov Andreev Makarov Nikitin Zakharov Zaitsev Soloviev Borisov Yakovlev Grigoriev Romanov Vorobiev Sergeev Kuzmin Frolov Aleksandrov Dmitriev Korolev Gusev Kiselev Ilyin Maksimov Polyakov Sorokin Vinogradov Kovalev Belov Medvedev Antonov Tarasov',
    russian,
  ),
  ukrainian: culture(
    'Oleksandr Serhiy Volodymyr Andriy Oleksiy Mykola Ivan Vasyl Viktor Yuriy Mykhailo Petro Dmytro Bohdan Taras Roman Ihor Yaroslav Maksym Oleh',
    'Olena Natalia Tetiana Oksana Iryna Olha Liudmyla Svitlana Halyna Kateryna Maryna Yulia Larysa Nadiia Anna Viktoriia Sofiia Daryna Mariia Alla',
    'Shevchenko Melnyk Kovalenko Bondarenko Boyko Tkachenko Kravchenko Kovalchuk Koval Oliynyk Shevchuk Polishchuk Lysenko Savchenko Rudenko Petrenko Marchenko Tkachuk Moroz Pavlenko Ponomarenko Klymenko Vasylenko Zinchenko Kharchenko Hnatiuk Levchenko Sydorenko Panchenko Mazur',
  ),
  serbian: culture(
    'Dragan Milan Zoran Nikola Aleksandar Marko Jovan Stefan Goran Nenad Miloš Slobodan Ivan Vladimir Dejan Igor Petar Dušan Bojan Nebojša',
    'Milica Jelena Ivana Marija Dragana Ana Snežana Jovana Gordana Vesna Maja Tamara Sanja Svetlana Mirjana Biljana Katarina Nataša Ljiljana Tijana',
    'Jovanović Petrović Nikolić Marković Đorđević Stojanović Ilić Stanković Pavlović Milošević Popović Janković Todorović Ristić Kostić Tomić Horvat Kovačević Babić Marić Jurić Novak Vuković Knežević Lukić Savić Simić Živković Perić Radić',
  ),
  turkish: culture(
    'Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil Süleyman Emre Burak Serkan Kemal Fatih',
    'Fatma Ayşe Emine Hatice Zeynep Elif Meryem Özlem Zehra Sultan Hülya Sevgi Esra Merve Büşra Yasemin Gülsüm Derya Aylin Dilek',
    'Yılmaz Kaya Demir Çelik Şahin Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özkan Şimşek Polat Korkmaz Özcan Çakır Erdoğan Güneş Aksoy Bulut Taş Keskin',
  ),
  egyptian: culture(
    'Mohamed Ahmed Mahmoud Mostafa Ibrahim Hassan Hussein Ali Omar Khaled Youssef Tarek Karim Amr Sherif Hany Samir Adel Essam Ashraf Magdy Wael Gamal Salah Hossam',
    'Fatma Mona Heba Sara Nour Aya Marwa Dina Yasmin Eman Amira Rania Hanan Salma Nada Mariam Samar Shaimaa Doaa Noha',
    'Mohamed Ahmed Ali Hassan Ibrahim Mahmoud El-Sayed Abdelrahman Abdallah Mostafa Salem Farouk Mansour Soliman Fathy Saad Khalil Osman Ramadan Shaheen Naguib Gaber Zaki Helmy Fahmy El-Masry Abdelaziz Hegazy Nasr Badawi',
    arabic,
  ),
  levantine: culture(
    'Ahmad Mohammad Omar Ali Khaled Samer Fadi Rami Hassan Bassam Ziad Nabil Walid Mazen Imad Tareq Yousef Ibrahim Anas Ghassan Haitham Jamal Firas Nizar Maher',
    'Rana Lina Hala Maya Reem Nadia Dima Layla Hiba Rasha Samar Lama Nour Farah Zeina Ghada Suha Manal Abeer Wafa',
    'Haddad Khoury Najjar Al-Masri Hamdan Al-Ahmad Darwish Sabbagh Kassab Shami Halabi Nasser Mansour Awad Khalil Saleh Qasim Barakat Daher Issa Hijazi Al-Khatib Zein Farah Sayegh Younes Jaber Al-Hassan Odeh Ayoub',
    arabic,
  ),
  maghreb: culture(
    'Mohamed Youssef Rachid Karim Abdelkader Mehdi Samir Nabil Said Omar Khalid Hicham Mustapha Brahim Noureddine Abdellah Hamza Bilal Reda Farid',
    'Fatima Khadija Amina Naima Samira Nadia Latifa Malika Zineb Houda Hanane Imane Salima Meriem Sanaa Karima Asmaa Ikram Yamina Leila',
    'Benali Bouazza Alaoui Idrissi Tazi Bennani Chraibi Berrada Amrani El-Fassi Mansouri Belkacem Cherif Haddad Saidi Brahimi Bouzid Ziani Meziane Hamidi Benmoussa Lahlou Filali Ouali Kaddour Boukhari Toumi Trabelsi Gharbi Jaziri',
  ),
  persian: culture(
    'Mohammad Ali Reza Hossein Mehdi Hassan Amir Saeed Hamid Majid Ahmad Abbas Mostafa Mohsen Javad Behzad Farhad Kaveh Dariush Arash Siavash Omid Babak Masoud Kamran',
    'Fatemeh Zahra Maryam Leila Narges Sara Elham Masoumeh Mina Shirin Parisa Nasrin Azadeh Niloufar Mahsa Samira Roya Shahla Nazanin Soraya',
    'Mohammadi Hosseini Ahmadi Karimi Rezaei Moradi Jafari Heidari Rahimi Hashemi Ebrahimi Ghorbani Kazemi Mousavi Rostami Sadeghi Akbari Mohseni Yousefi Zare Norouzi Shirazi Tehrani Bagheri Salehi Farahani Naderi Soltani Asadi Sharifi',
  ),
  pakistani: culture(
    'Muhammad Ali Ahmed Hassan Usman Bilal Imran Tariq Asif Kashif Faisal Naveed Shahid Zahid Adnan Hamza Saad Waqas Junaid Irfan Khalid Nadeem Rizwan Salman Arslan',
    'Ayesha Fatima Sana Maryam Hina Sadia Rabia Nadia Saima Amna Zainab Bushra Farah Shazia Samina Uzma Kiran Iqra Sidra Mahnoor',
    'Khan Ahmed Ali Hussain Malik Butt Sheikh Iqbal Chaudhry Akhtar Mahmood Hassan Shah Qureshi Raza Siddiqui Javed Mirza Aslam Bhatti Rehman Ashraf Abbasi Anwar Baig Hashmi Awan Rana Saeed Khalid',
    pakistani,
  ),
  afghan: culture(
    'Ahmad Mohammad Abdul Najibullah Farid Habibullah Noor Zabihullah Hamidullah Rahmatullah Sayed Wali Aziz Jawad Mirwais Esmatullah Gul Asadullah Omid Naseer',
    'Fatima Zahra Mariam Shukria Nargis Zarghona Latifa Freshta Parwana Farida Malalai Sharifa Roya Nilofar Hosna Shabnam Zainab Marzia Storai Wajiha',
    'Ahmadi Karimi Mohammadi Rahimi Noori Hashimi Amiri Nazari Sharifi Yousufzai Stanikzai Haidari Rasouli Habibi Safi Popal Sadat Wardak Zadran Barakzai',
  ),
  indian: culture(
    'Rahul Amit Rajesh Sanjay Vijay Suresh Anil Ravi Arjun Vikram Deepak Manoj Ashok Sunil Rakesh Ajay Nikhil Karthik Srinivas Pradeep',
    'Priya Anita Sunita Pooja Neha Kavita Deepa Lakshmi Anjali Meena Rekha Swati Divya Shreya Geeta Radha Asha Sneha Nisha Padma',
    'Sharma Singh Kumar Patel Gupta Reddy Verma Joshi Mehta Iyer Nair Rao Desai Shah Mishra Agarwal Chatterjee Das Banerjee Kulkarni Pillai Menon Yadav Chauhan Bhat Naidu Sinha Kapoor Malhotra Saxena',
  ),
  chinese: culture(
    'Wei Ming Jun Qiang Lei Jie Hao Tao Peng Bin Feng Gang Long Yong Hui Bo Chao Kai Dong Jian Zhi Guo Hong Liang Xin',
    'Fang Na Min Jing Li Yan Xia Mei Ling Xiu Juan Ying Hua Yu Ping Lan Qing Xue Dan Ting Lin Yun Shan Qian Rui',
    'Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Gao Lin Luo Zheng Liang Xie Song Tang Han Feng Deng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du',
    familyFirst,
  ),
  korean: culture(
    'Min Jun Seo Ho Sung Hyun Woo Jin Young Dong Jae Kyung Sang Tae Hoon Ki Chul Won Su Kwang',
    'Ji Eun Soo Hye Yeon Min Ah Mi Kyung Hee Sun Young Yoon Seo Na Ra Bo Ha Jung In',
    'Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Ryu Hong Jeon Ko Moon Yang Bae Baek Heo Nam Noh Ha',
    korean,
  ),
  vietnamese: culture(
    'Minh Hung Dung Tuan Hai Long Quang Thanh Duc Nam Son Hieu Khanh Phuc Trung Viet Cuong Tien Binh Hoang',
    'Lan Huong Thu Mai Hoa Linh Nga Thao Trang Phuong Ngoc Hanh Ha Yen Hien Van My Nhung Chi Quyen',
    'Nguyen Tran Le Pham Hoang Huynh Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly Dinh Trinh Truong Lam',
    familyFirst,
  ),
  japanese: culture(
    'Hiroshi Takashi Kenji Satoshi Makoto Yuki Daisuke Kazuya Haruto Kenta Ryo Shota Takeshi Naoki Tatsuya Koji Yuto Akira Masaru Shinji',
    'Yoko Keiko Yumi Sakura Akiko Naomi Emi Haruka Mai Miho Ayumi Kaori Tomoko Rie Mika Hanako Yuka Chie Satomi Noriko',
    'Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Saito Mori Abe Ikeda Hashimoto Ishikawa Ogawa Goto Okada Hasegawa Fujita',
  ),
  nigerian: culture(
    'Chinedu Emeka Oluwaseun Babatunde Ibrahim Musa Abubakar Tunde Chukwuemeka Ifeanyi Segun Kelechi Uche Yusuf Adebayo Obinna Femi Sani Umar Kayode',
    'Ngozi Chioma Funmilayo Aisha Blessing Folake Amaka Zainab Temitope Yetunde Ifeoma Adaeze Hauwa Bukola Nneka Titilayo Chidinma Maryam Kemi Halima',
    'Okafor Adeyemi Ibrahim Okonkwo Abubakar Balogun Eze Mohammed Adebayo Nwosu Bello Ogunleye Musa Okeke Oladipo Usman Chukwu Lawal Onyekachi Afolabi Danjuma Obi Suleiman Ojo Nwachukwu',
  ),
  somali: culture(
    'Mohamed Abdi Ahmed Hassan Ali Abdullahi Yusuf Omar Ibrahim Mahad Farah Nur Isse Warsame Jama Khadar Liban Guled Bashir Dahir',
    'Fadumo Halima Hodan Asha Amina Sahra Khadija Ifrah Hawa Maryan Nimco Deqa Hibo Ayan Faiza Idil Safiya Ubah Zahra Sagal',
    'Mohamed Ali Hassan Ahmed Abdi Farah Omar Warsame Hussein Jama Yusuf Osman Abdullahi Nur Ibrahim Duale Elmi Roble Isse Guled Aden Barre Hirsi Egal Samatar',
    arabic,
  ),
  hungarian: culture(
    'László István József János Zoltán Sándor Gábor Ferenc Attila Péter Tamás Zsolt Tibor András Csaba Balázs Imre Lajos György Gergő',
    'Mária Erzsébet Katalin Ilona Éva Anna Zsuzsanna Margit Judit Ágnes Andrea Erika Krisztina Anikó Eszter Réka Nóra Edit Gabriella Beáta',
    'Nagy Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Papp Takács Juhász Lakatos Mészáros Oláh Simon Rácz Fekete Szilágyi Török Fehér Balázs Gál',
  ),
  romanian: culture(
    'Andrei Ion Alexandru Gheorghe Mihai Constantin Vasile Nicolae Cristian Florin Adrian Daniel Marius Ionuț Bogdan Ștefan Radu Cătălin Dumitru George',
    'Maria Elena Ioana Ana Andreea Mihaela Cristina Daniela Alexandra Gabriela Simona Raluca Monica Roxana Carmen Doina Mirela Oana Adriana Corina',
    'Popa Popescu Ionescu Radu Stan Dumitru Stoica Gheorghe Matei Ciobanu Rusu Constantin Marin Dinu Munteanu Moldovan Florea Toma Dobre Lazăr Nistor Ungureanu Barbu Cojocaru Oprea',
  ),
}

/** Names of the cultures, in a fixed order. */
export const CULTURE_NAMES: readonly string[] = Object.keys(CULTURES)

const pad = (value: number): string => String(value).padStart(2, '0')

/**
 * Invents `count` ordinary applicants, the cultures in equal parts, without repeating a name. The names are common
 * ones on purpose: ordinary applicants are called Ahmed Hassan, Ivan Petrov and María López. Deterministic in `seed`.
 */
export const makeOrdinaryPeople = (options: {
  readonly count: number
  readonly seed: number
}): readonly OrdinaryPerson[] => {
  const random = makeSeededRandom(options.seed)
  const people: OrdinaryPerson[] = []
  const used = new Set<string>()
  for (let turn = 0; people.length < options.count && turn < options.count * 20; turn += 1) {
    const cultureName = CULTURE_NAMES[turn % CULTURE_NAMES.length] ?? 'czech'
    const origin = CULTURES[cultureName]
    if (origin === undefined) continue
    const fullName = (origin.build ?? plain)(random, origin, random.chance(0.5))
    const birthDate = `${1951 + random.int(57)}-${pad(1 + random.int(12))}-${pad(1 + random.int(28))}`
    if (used.has(fullName)) continue
    used.add(fullName)
    people.push({ fullName, birthDate, culture: cultureName })
  }
  return people
}
