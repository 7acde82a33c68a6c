import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='SignInAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('step', models.CharField(choices=[('password', 'Password'), ('code', 'Second factor')], max_length=8)),
                ('account', models.CharField(help_text='Keyed hash of the name that was typed.', max_length=24)),
                ('network', models.CharField(help_text="Keyed hash of the visitor's network.", max_length=24)),
                ('succeeded', models.BooleanField(default=False)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='auth.user')),
            ],
            options={
                'verbose_name': 'sign-in attempt',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['account', 'at'], name='sign_in_of_account'), models.Index(fields=['network', 'at'], name='sign_in_of_network')],
            },
        ),
    ]
